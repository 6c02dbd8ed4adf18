import { atRank, createTail, sizeOf } from './tail.ts'
import { tailMean } from './threshold.ts'

/** Puts one voice on the common scale: 0 at its median, 1 where the odd 0.1 % begin. */
export interface Scale {
  median: number
  unit: number
}

const TAIL = 0.001

/** @param least smallest difference of this voice that means anything, in its own unit */
export const scaleOf = (
  scores: ArrayLike<number>,
  weights: ArrayLike<number>,
  least: number,
): Scale => {
  const tail = createTail(scores, weights)
  const median = atRank(tail, sizeOf(tail) / 2)
  return { median, unit: Math.max(least, tailMean(tail, TAIL) - median) }
}

/**
 * Joins the voices: the root of the sum of squares of what each says above its own median. Between
 * the sum (which one chatty voice drags) and the maximum (which forgets that voices agree).
 */
export const fuse = (scores: ArrayLike<number>, scales: readonly Scale[]): number => {
  let sum = 0
  for (let v = 0; v < scales.length; v++) {
    const { median, unit } = scales[v]!
    const r = (scores[v]! - median) / unit
    if (r > 0) sum += r * r
  }
  return Math.sqrt(sum)
}
