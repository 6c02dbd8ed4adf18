import type { Redactor } from './redactor.ts'

/** What a model of language said, fit to be shown as text. */
export interface Narrative {
  /** Plain text; `[1]` points at the first of `sources`. */
  text: string
  /** Ids of anomalies, and `<anomaly's id>#<line>` for lines, in the order of their numbers. */
  sources: string[]
}

/** Longest text, by the longest answer in tokens; servers may ignore what they were asked for. */
const CHARS_PER_TOKEN = 6
const BRACKETS = /\s?\[([^[\]]{1,80})\]/g
const LABELS = /^\s*[AL]\d{1,4}(?:[\s,;]+[AL]\d{1,4})*\s*$/

/**
 * Cleans an answer: thoughts and control characters go, citations of what is not there go, the others
 * become numbers, hidden values come back. Undefined when nothing is left.
 */
export const readAnswer = (
  content: string,
  known: ReadonlyMap<string, string>,
  redactor: Redactor,
  maxTokens: number,
): Narrative | undefined => {
  const plain = shortened(withoutThoughts(content), CHARS_PER_TOKEN * maxTokens)
  const sources: string[] = []
  const cite = (label: string): number[] => {
    const source = known.get(label)
    if (source === undefined) return []
    if (!sources.includes(source)) sources.push(source)
    return [sources.indexOf(source) + 1]
  }
  const cited = plain.replace(BRACKETS, (whole: string, inner: string) => {
    if (!LABELS.test(inner)) return whole
    const numbers = [...new Set(inner.match(/[AL]\d+/g)!.flatMap(cite))]
    if (numbers.length === 0) return ''
    return `${whole.startsWith('[') ? '' : ' '}[${numbers.join(', ')}]`
  })
  const text = redactor
    .restore(cited)
    .replace(/[ \t]+\n/g, '\n')
    .trim()
  return /[\p{L}\d]/u.test(text) ? { text, sources } : undefined
}

/** Reasoning models think aloud first; one that was cut off while thinking has said nothing. */
const withoutThoughts = (text: string): string =>
  text
    .replace(/<think>[\s\S]*?(?:<\/think>|$)/g, '')
    .replace(/^[\s\S]*<\/think>/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/\p{Cc}\[[\d;]*[A-Za-z]/gu, '')
    .replace(/[^\P{C}\n\t]/gu, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()

/** At the end of a sentence where there is one. */
const shortened = (text: string, most: number): string => {
  if (text.length <= most) return text
  const part = text.slice(0, most)
  const end = Math.max(part.lastIndexOf('. '), part.lastIndexOf('.\n'))
  return end > most / 2 ? part.slice(0, end + 1) : `${part}…`
}
