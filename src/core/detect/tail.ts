/** Calibration scores of one voice or of the fusion, highest first, repeats folded. */
export interface Tail {
  /** Distinct scores, descending. */
  values: number[]
  /** Weight at or above each of `values`; the last one is the total number of sessions. */
  above: number[]
  /** Above `base` the tail is exponential with this mean; `beyond` sessions are up there. */
  base: number
  mean: number
  beyond: number
  /** Scores closer than this are equal: with n sessions a tie scores a little less than with n − 1. */
  slack: number
}

/** Ranks kept one by one at the top of a tail; further down they thin out geometrically. */
const EXACT = 200
const RATIO = 1.02
/** The exponential is fitted to so many of the highest sessions, at most a tenth of all. */
const FITTED = 20

/**
 * Folds weighted scores into a tail. Weights count sessions.
 * @param least smallest difference that means anything: no tail is steeper than a quarter of it
 * @param slack difference below which scores count as equal
 */
export const createTail = (
  scores: ArrayLike<number>,
  weights: ArrayLike<number>,
  least: number,
  slack = 0,
): Tail => {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  const values: number[] = []
  const above: number[] = []
  let n = 0
  for (const i of order) {
    n += weights[i]!
    if (values.at(-1) === scores[i]) above[above.length - 1] = n
    else {
      values.push(scores[i]!)
      above.push(n)
    }
  }
  return { ...thin(values, above), ...fit(values, above, least), slack }
}

/** Drops steps that a p-value would not feel, so that a stored tail stays small. */
const thin = (values: number[], above: number[]): Pick<Tail, 'values' | 'above'> => {
  let next = 0
  const kept = values.flatMap((_, i) => {
    if (above[i]! < next && i < values.length - 1) return []
    next = above[i]! < EXACT ? 0 : above[i]! * RATIO
    return [i]
  })
  return { values: kept.map(i => values[i]!), above: kept.map(i => above[i]!) }
}

/** Peaks over threshold (Pickands–Balkema–de Haan) with shape 0: steady on few sessions. */
const fit = (
  values: number[],
  above: number[],
  least: number,
): Pick<Tail, 'base' | 'mean' | 'beyond'> => {
  const n = above.at(-1)!
  const rank = Math.max(2, Math.min(Math.ceil(n / 10), FITTED))
  const at = above.findIndex(count => count >= rank)
  const base = values[at < 0 ? values.length - 1 : at]!
  let beyond = 0
  let excess = 0
  for (let i = 0; values[i]! > base; i++) {
    const weight = above[i]! - beyond
    excess += weight * (values[i]! - base)
    beyond = above[i]!
  }
  return { base, mean: Math.max(excess / Math.max(1, beyond), least / 4), beyond }
}

export const sizeOf = (tail: Tail): number => tail.above.at(-1)!

/** Number of calibration sessions that score at least this much. */
const atLeast = ({ values, above }: Tail, score: number): number => {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle]! >= score) low = middle + 1
    else high = middle
  }
  return low === 0 ? 0 : above[low - 1]!
}

/**
 * −ln of the share of normal sessions that score at least this much, in nats. The share is the
 * conformal (k + 1)/(n + 1) up to `base`; above it the fitted exponential goes on, so that odder
 * sessions rank as odder beyond the oddest one of training. Far out it is an extrapolation.
 */
export const evidenceOf = (tail: Tail, score: number): number => {
  const n = sizeOf(tail)
  const sure = score - tail.slack
  if (sure <= tail.base) return -Math.log((Math.min(n, atLeast(tail, sure)) + 1) / (n + 1))
  return (sure - tail.base) / tail.mean - Math.log((tail.beyond + 1) / (n + 1))
}

export const pValueOf = (tail: Tail, score: number): number => Math.exp(-evidenceOf(tail, score))

/** n sessions cannot promise fewer false alarms than about two of them. */
export const honestBudget = (budget: number, n: number): number =>
  Math.min(1, Math.max(budget, 2 / n))

/** The least score whose p-value is within the budget (as far as n sessions can promise it). */
export const thresholdOf = (tail: Tail, budget: number): number => {
  const n = sizeOf(tail)
  const a = honestBudget(budget, n)
  const last = tail.above.findLastIndex(
    (count, i) => tail.values[i]! <= tail.base && (count + 1) / (n + 1) <= a,
  )
  if (last >= 0) return tail.values[last]!
  const far = tail.base + tail.mean * Math.log((tail.beyond + 1) / ((n + 1) * a))
  return Math.max(far, tail.base + tail.mean * 1e-6)
}
