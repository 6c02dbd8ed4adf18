import type { LogbertScore } from './score.ts'

/**
 * The views that speak in the detector, each with what its score is. The others (`distance`, means)
 * rank worse on every set tried, and each voice more raises the threshold of all.
 */
const VIEWS: Readonly<Record<string, (score: LogbertScore) => number>> = {
  'logbert order': ({ order }) => order,
  'logbert count': ({ count }) => count,
}

/** Names of LogBERT's voices in a detector, in the order of `logbertVoices`. */
export const namesOfVoices: readonly string[] = Object.keys(VIEWS)

/** What `detector.score(sequence, values)` wants to hear of LogBERT: nats by the name of the voice. */
export const valuesOf = (score: LogbertScore): Record<string, number> =>
  Object.fromEntries(Object.entries(VIEWS).map(([name, read]) => [name, read(score)]))
