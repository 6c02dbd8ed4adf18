import { oneLine } from '../core/rca/cut-text.ts'
import type { RawSentence } from './answer-form.ts'
import { clip } from './clean-text.ts'
import { namesIn } from './names-in-text.ts'
import type { Prompt } from './prompt.ts'
import { PLACEHOLDER } from './redact-rules.ts'
import type { Redactor } from './redactor.ts'

/** A sentence that holds, hidden values put back; or why it does not. */
export type Judged =
  | { text: string; evidence: string[]; suspects: string[] }
  /** It cites nothing, or what is not there. */
  | { fault: 'citation' }
  /** It names what the evidence does not. */
  | { fault: 'name' }
  | { fault: 'empty' }

const MOST_CHARS = 600
const BRACKETS = /\s?[[(]((?:[LS]\d{1,4})(?:[\s,;]+(?:and\s)?[LS]\d{1,4})*)[\])]/g
const LABEL = /(?<![\p{L}\d_.-])[LS]\d{1,4}(?![\p{L}\d_-])/gu

/** Holds what a model says against what it was shown. */
export const createGrounds = (
  prompt: Pick<Prompt, 'lines' | 'suspects' | 'words'>,
  redactor: Pick<Redactor, 'gave' | 'restore'>,
): ((sentence: RawSentence) => Judged) => {
  const { lines, suspects } = prompt
  const words = ` ${prompt.words} `.toLowerCase().replace(/\s+/g, ' ')
  const names = new Map([...suspects].map(([label, name]) => [name, label]))
  const parts = new Set([...names.keys()].flatMap(name => name.toLowerCase().split(/[^\p{L}\d]+/u)))
  const isPart = (word: string): boolean => word.length > 1 && parts.has(word.toLowerCase())
  const isShown = (name: string): boolean => {
    const low = name.toLowerCase().replace(/\s+/g, ' ')
    return words.includes(low) || (low.endsWith('s') && words.includes(low.slice(0, -1)))
  }
  const holds = (text: string): boolean =>
    [...text.matchAll(PLACEHOLDER)].every(([, name]) => redactor.gave(name!)) &&
    namesIn(text, isPart).every(isShown)
  const meant = (label: string): string | undefined => {
    // A log may speak of an `L2` of its own.
    if (new RegExp(`\\b${label}\\b`, 'i').test(words)) return label
    return lines.get(label) ?? suspects.get(label)
  }
  return sentence => {
    const cited = new Set(sentence.lines)
    const spoken = new Set(sentence.suspects.map(name => names.get(name) ?? name))
    const plain = oneLine(
      clip(sentence.text, MOST_CHARS).replace(BRACKETS, (_, inner: string) => {
        for (const label of inner.match(/[LS]\d+/g)!) (label[0] === 'L' ? cited : spoken).add(label)
        return ''
      }),
    )
    if (!/[\p{L}\d]/u.test(plain)) return { fault: 'empty' }
    for (const label of plain.match(LABEL) ?? []) {
      if (meant(label) !== label) (label[0] === 'L' ? cited : spoken).add(label)
    }
    const isCited = cited.size > 0 && [...cited].every(label => lines.has(label))
    if (!isCited) return { fault: 'citation' }
    if (![...spoken].every(label => suspects.has(label))) return { fault: 'name' }
    if (!holds(plain.replace(LABEL, ' '))) return { fault: 'name' }
    for (const [label, name] of suspects) if (speaksOf(plain, name)) spoken.add(label)
    const text = plain.replace(LABEL, label => meant(label)!)
    return {
      text: oneLine(redactor.restore(text)),
      evidence: [...cited].map(label => lines.get(label)!),
      suspects: [...spoken].map(label => redactor.restore(suspects.get(label)!)),
    }
  }
}

const speaksOf = (text: string, name: string): boolean =>
  new RegExp(`(?<![\\p{L}\\d_-])${RegExp.escape(name)}(?![\\p{L}\\d_-])`, 'u').test(text)
