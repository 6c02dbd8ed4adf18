/** Calibration scores of one voice or of the fusion, highest first, repeats folded. */
export interface Tail {
  /** Distinct scores, descending. */
  values: number[]
  /** Weight at or above each of `values`; the last one is the total number of sessions. */
  above: number[]
}

/** Ranks kept one by one at the top of a tail; further down they thin out geometrically. */
const EXACT = 200
const RATIO = 1.02

/** Folds weighted scores into a tail. Weights count sessions. */
export const createTail = (scores: ArrayLike<number>, weights: ArrayLike<number>): Tail => {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  const tail: Tail = { values: [], above: [] }
  let n = 0
  for (const i of order) {
    if (weights[i]! <= 0) continue
    n += weights[i]!
    const last = tail.values.length - 1
    if (last >= 0 && tail.values[last] === scores[i]) tail.above[last] = n
    else {
      tail.values.push(scores[i]!)
      tail.above.push(n)
    }
  }
  return thin(tail)
}

/** Drops steps that a p-value would not feel, so that a stored tail stays small. */
const thin = ({ values, above }: Tail): Tail => {
  const out: Tail = { values: [], above: [] }
  let next = 0
  values.forEach((value, i) => {
    if (above[i]! < next && i < values.length - 1) return
    out.values.push(value)
    out.above.push(above[i]!)
    next = above[i]! < EXACT ? 0 : above[i]! * RATIO
  })
  return out
}

export const sizeOf = (tail: Tail): number => tail.above.at(-1) ?? 0

/** Score at a rank from the top, 1 being the highest; ranks beyond the end give the lowest. */
export const atRank = ({ values, above }: Tail, rank: number): number => {
  let low = 0
  let high = above.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (above[middle]! >= rank) high = middle
    else low = middle + 1
  }
  return values[low] ?? 0
}

/** Number of calibration sessions that score at least this much. */
export const atLeast = ({ values, above }: Tail, score: number): number => {
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
 * Share of normal sessions that score at least this much: the conformal (k + 1)/(n + 1). Above the
 * highest calibration score the tail is continued as an exponential fitted to the top ranks
 * (Pickands–Balkema–de Haan with shape 0), so that odder sessions still rank as odder; down there
 * it is an extrapolation, no promise.
 */
export const pValueOf = (tail: Tail, score: number): number => {
  const n = sizeOf(tail)
  if (n === 0) return 1
  const top = tail.values[0]!
  if (score <= top) return Math.min(1, (atLeast(tail, score) + 1) / (n + 1))
  const ranks = Math.max(2, Math.min(Math.ceil(n / 10), 20))
  let excess = 0
  const base = atRank(tail, ranks)
  for (let rank = 1; rank < ranks; rank++) excess += atRank(tail, rank) - base
  const mean = Math.max(excess / (ranks - 1), 1e-3 * Math.max(1, Math.abs(top)))
  return Math.max(1e-12, Math.exp(-(score - top) / mean) / (n + 1))
}
