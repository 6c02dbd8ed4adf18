import type { Anomaly } from '../types.ts'
import { coversText, foundInText } from './wildcard.ts'

/** Which anomalies are hidden: all given parts must hold. Plain text; `*` stands for anything. */
export interface SuppressionRule {
  /** The whole text of a template that is odd, or that is missing. A `*` stands for itself here. */
  template?: string
  /** A whole source: of the anomaly, or of one of its odd lines. */
  source?: string
  /** Part of an odd line (of any line where none is odd), any case. */
  text?: string
  /** Epoch ms from which it no longer holds; for ever when absent. */
  expires?: number
}

/** Longest that a part may be, in characters. */
const MOST: Record<'template' | 'source' | 'text', number> = {
  template: 4096,
  source: 512,
  text: 1024,
}
/** Longer lines are looked at up to here. */
const MOST_TEXT = 65_536

/**
 * Whether a rule hides an anomaly. A rule without any part hides nothing.
 * @param now epoch ms; a rule that has expired by then hides nothing; absent: expiry is not looked at
 */
export const matches = (rule: SuppressionRule, anomaly: Anomaly, now?: number): boolean => {
  const { template, source, text, expires } = rule
  if (template === undefined && source === undefined && text === undefined) return false
  if (now !== undefined && expires !== undefined && expires <= now) return false
  const odd = anomaly.lines.filter(line => line.odd)
  if (template !== undefined) {
    const named = odd.some(line => line.template === template)
    if (!named && !anomaly.missing.some(lack => lack.template === template)) return false
  }
  if (source !== undefined) {
    const sources = new Set([anomaly.source, ...odd.flatMap(line => line.source ?? [])])
    if (![...sources].some(name => coversText(source, name))) return false
  }
  if (text === undefined) return true
  const lines = odd.length > 0 ? odd : anomaly.lines
  return lines.some(line => foundInText(text, line.text.slice(0, MOST_TEXT)))
}

export interface SuppressionFault {
  /** Names from the rule down to what is wrong; empty for the rule itself. */
  path: string[]
  message: string
}

/** What is wrong with a rule that somebody wants; empty when it can be used. */
export const checkSuppression = (rule: SuppressionRule): SuppressionFault[] => {
  const parts = (['template', 'source', 'text'] as const).filter(part => rule[part] !== undefined)
  const faults = parts.flatMap(part => faultsOf(part, rule[part]!))
  if (parts.length === 0) {
    faults.push({ path: [], message: 'give at least one of template, source and text' })
  }
  const { expires } = rule
  if (expires !== undefined && !(Number.isFinite(expires) && expires >= 0)) {
    faults.push({ path: ['expires'], message: `${expires} is no time in epoch ms` })
  }
  return faults
}

const faultsOf = (part: keyof typeof MOST, value: string): SuppressionFault[] => {
  const most = MOST[part]
  if (value.length > most) {
    const message = `it has ${value.length} characters; at most ${most} are possible`
    return [{ path: [part], message }]
  }
  if (value.trim() === '') return [{ path: [part], message: 'it is empty' }]
  if (part !== 'template' && /^[*\s]*$/.test(value)) {
    return [{ path: [part], message: 'it would hide everything; give some text beside the *' }]
  }
  return []
}
