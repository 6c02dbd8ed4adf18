import type { KeyCandidate } from './key-candidate.ts'
import { type KeyEvidence, type KeySample, threadsOf } from './key-evidence.ts'
import type { KeyRule } from './key-rule.ts'
import { codeLengths, sum } from './predictability.ts'

/** Lasting values that split a source into streams (hosts, nodes, threads), with what that saves. */
export interface StreamChoice {
  rule: KeyRule
  name: string
  values: number
  /** Share of the lines' code length that is saved when each stream is read on its own. */
  saved: number
}

/** A stream without enough lines makes windows that say nothing. */
const MIN_LINES_PER_VALUE = 20
const MIN_SHARE = 0.9
const MIN_SAVED = 0.05
const MAX_TRIED = 20
/** A value that fixes the template (a class name, a line of code) only names the event again. */
const MIN_LEFT_OPEN = 0.5

/**
 * Finds what separates streams that run beside each other in one source. Lines of many hosts in one
 * file are hard to predict from the line before; when each host is read on its own they are not.
 * Taken is the header field or identifier whose values nearly all lines carry and that saves most
 * code length, if it saves enough to matter and leaves the template itself open.
 */
export const discoverStream = (
  weighed: readonly { candidate: KeyCandidate; evidence: KeyEvidence }[],
  sample: KeySample,
): StreamChoice | undefined => {
  const lines = sample.events.length
  const whole = sum(sample.stream)
  let best: StreamChoice | undefined
  const tried = weighed
    .filter(({ candidate }) => candidate.place.by === 'field' || candidate.place.by === 'shape')
    .filter(({ candidate: { names, lines: rows } }) => {
      const perLine = new Set(rows).size
      // A line must be in one stream: families that it carries several of are no place names.
      const single = rows.length <= 1.01 * perLine
      const long = lines >= names.length * MIN_LINES_PER_VALUE
      return single && names.length >= 2 && perLine >= MIN_SHARE * lines && long
    })
    .slice(0, MAX_TRIED)
  for (const { candidate } of tried) {
    if (leftOpen(candidate, sample) < MIN_LEFT_OPEN) continue
    const threads = threadsOf(candidate, sample, [], false)
    const split = sum(codeLengths(sample.events, sample.sources, sample.size, threads))
    const saved = whole === 0 ? 0 : (whole - split) / whole
    if (saved < MIN_SAVED || saved <= (best?.saved ?? 0)) continue
    const rule: KeyRule = { place: candidate.place, scope: 'source' }
    best = { rule, name: candidate.name, values: candidate.names.length, saved }
  }
  return best
}

/** H(template | value) / H(template): 1 when values say nothing about which templates come. */
const leftOpen = (candidate: KeyCandidate, sample: KeySample): number => {
  const templates = new Map<number, number>()
  const values = new Map<number, number>()
  const pairs = new Map<number, number>()
  candidate.lines.forEach((line, i) => {
    const template = sample.events[line]!
    const value = candidate.values[i]!
    count(templates, template)
    count(values, value)
    count(pairs, value * sample.size + template)
  })
  const whole = entropy(templates)
  return whole === 0 ? 0 : (entropy(pairs) - entropy(values)) / whole
}

const count = (counts: Map<number, number>, key: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** In bits. */
const entropy = (counts: ReadonlyMap<number, number>): number => {
  const total = sum([...counts.values()])
  let bits = 0
  for (const n of counts.values()) bits -= (n / total) * Math.log2(n / total)
  return bits
}
