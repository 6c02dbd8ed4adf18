import { DIST, END, MASK, PAD } from '../sequence/vocab.ts'
import type { Lexicon } from './lexicon.ts'
import type { Segment } from './segment.ts'

/** What a row asks for: hidden events, the next event, or the next count. */
export type View = 'masked' | 'next' | 'count'

/** One row of a batch. */
export interface Row {
  view: View
  tokens: number[]
  /** What is asked at each place; PAD asks nothing. */
  targets: number[]
  /** Place of the first event of the segment. */
  first: number
}

/** [DIST, events, END] with the events under the mask replaced; both directions. */
export const maskedRow = (
  events: readonly number[],
  mask: readonly boolean[],
  { from, to }: Segment,
): Row => {
  const lead = from > 0 ? [DIST, MASK] : [DIST]
  const tokens = [...lead]
  const targets = lead.map(() => PAD)
  for (let i = from; i < to; i++) {
    tokens.push(mask[i] ? MASK : events[i]!)
    targets.push(mask[i] ? events[i]! : PAD)
  }
  tokens.push(to === events.length ? END : MASK)
  targets.push(PAD)
  return { view: 'masked', tokens, targets, first: lead.length }
}

/** [END, events] that asks for [events, END]: after an end, a new session begins. */
export const nextRow = (events: readonly number[], { from, to }: Segment): Row => {
  const lead = from > 0 ? [END, MASK] : [END]
  const own = events.slice(from, to)
  return {
    view: 'next',
    tokens: [...lead, ...own],
    targets: [...lead.slice(1).map(() => PAD), ...own, to === events.length ? END : PAD],
    first: lead.length,
  }
}

/** [head, counts] that asks for [counts, END]: the chain rule over a bag. */
export const countRow = (tokens: readonly number[], lexicon: Pick<Lexicon, 'countHead'>): Row => ({
  view: 'count',
  tokens: [lexicon.countHead, ...tokens],
  targets: [...tokens, END],
  first: 1,
})
