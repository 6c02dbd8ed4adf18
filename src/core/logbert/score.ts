import type { Bag } from './lexicon.ts'

/** What LogBERT thinks of one session, in nats; everything grows with oddness. */
export interface LogbertScore {
  /** Order view: the greatest surprise of an event or of the end. */
  order: number
  /** Count view: surprise of the counts of all event types, by the chain rule. */
  count: number
  /** Hypersphere: mean squared distance of DIST from the centre of normal sessions. */
  distance: number
  /** Mean surprise of an event among all others (the masked view). */
  maskedMean: number
  maskedMax: number
  /** Mean surprise of the next event after those before (the next view), END included. */
  nextMean: number
  nextMax: number
  /** −ln p of each event: the mean of masked and next view. */
  surprise: Float64Array
  /** −ln p of the end after the last event. */
  endSurprise: number
}

/** Collects the surprises of the rows of one session. */
export interface ScoreParts {
  masked: Float64Array
  /** One longer than the session: END. */
  next: Float64Array
  distances: number[]
  count: number
}

export const createParts = (length: number, bag: Bag): ScoreParts => ({
  masked: new Float64Array(length),
  next: new Float64Array(length + 1),
  distances: [],
  count: bag.novelty + bag.extra.reduce((sum, nats) => sum + nats, 0),
})

const greatest = (list: Float64Array): number => list.reduce((a, b) => Math.max(a, b), 0)
const mean = (list: ArrayLike<number>): number =>
  list.length === 0 ? 0 : Array.from(list).reduce((a, b) => a + b, 0) / list.length

export const combineParts = ({ masked, next, distances, count }: ScoreParts): LogbertScore => {
  const endSurprise = next.at(-1)!
  const surprise = masked.map((nats, i) => (nats + next[i]!) / 2)
  return {
    order: Math.max(greatest(surprise), endSurprise),
    count,
    distance: mean(distances),
    maskedMean: mean(masked),
    maskedMax: greatest(masked),
    nextMean: mean(next),
    nextMax: greatest(next),
    surprise,
    endSurprise,
  }
}
