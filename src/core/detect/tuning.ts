import { join } from './fusion.ts'
import { createTail, thresholdOf } from './tail.ts'

/** Evidence of every voice, row by row. */
type Table = readonly Float64Array[]

/** What the voices say about training and trials, in nats. */
export interface Evidence {
  /** Leave-one-out evidence of the training rows. */
  normal: Table
  /** Sessions that each of `normal` stands for. */
  shares: readonly number[]
  /** Evidence of the trials. */
  trials: Table
  /** What was done to each trial. */
  kinds: readonly string[]
  /** Least weight of each voice; 1 fixes it, 0 allows switching it off. */
  least: readonly number[]
  /** Weights to begin with, and to keep where nothing else pays. */
  start: readonly number[]
}

const STEPS = [0, 0.3, 0.5, 0.7, 0.85, 1]
/** A change of weight must find so much more of the trials, or it is taken for noise. */
const GAIN = 0.02
const PASSES = 2
/** The threshold depends on the odd end of training alone; so many rows hold it. */
const MOST_ROWS = 4000

/** The oddest rows, and what all the others stand for as one row without evidence. */
const oddEnd = (normal: Table, shares: readonly number[]): { rows: Table; shares: number[] } => {
  if (normal.length <= MOST_ROWS) return { rows: normal, shares: [...shares] }
  const most = normal.map(e => e.reduce((a, b) => Math.max(a, b), 0))
  const order = normal.map((_, i) => i).sort((a, b) => most[b]! - most[a]!)
  const kept = order.slice(0, MOST_ROWS)
  const rest = order.slice(MOST_ROWS).reduce((sum, i) => sum + shares[i]!, 0)
  return {
    rows: [...kept.map(i => normal[i]!), new Float64Array(normal[0]!.length)],
    shares: [...kept.map(i => shares[i]!), rest],
  }
}

/**
 * Weights of the voices: the ones with which the most trials are found at a threshold that keeps
 * the budget, by going through the voices one at a time. What does not pay stays as it began.
 */
export const tuneWeights = (input: Evidence & { budget: number }): number[] => {
  const { trials, kinds, least, start, budget } = input
  if (trials.length === 0) return [...start]
  const { rows, shares } = oddEnd(input.normal, input.shares)
  const names = [...new Set(kinds)]
  const made = names.map(name => kinds.filter(kind => kind === name).length)
  const place = kinds.map(kind => names.indexOf(kind))

  const found = (weights: readonly number[]): number => {
    const tail = createTail(
      rows.map(e => join(e, weights)),
      shares,
      1,
    )
    const limit = thresholdOf(tail, budget)
    const hits = names.map(() => 0)
    trials.forEach((e, i) => {
      if (join(e, weights) >= limit) hits[place[i]!]! += 1
    })
    return hits.reduce((sum, hit, k) => sum + hit / made[k]!, 0) / names.length
  }

  let best = [...start]
  let most = found(best)
  for (let pass = 0; pass < PASSES; pass++) {
    for (let v = 0; v < start.length; v++) {
      for (const step of STEPS) {
        if (step < least[v]!) continue
        const weights = best.with(v, step)
        const share = found(weights)
        if (share <= most + GAIN) continue
        best = weights
        most = share
      }
    }
  }
  return best
}
