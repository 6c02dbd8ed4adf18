import { evidenceOf, type Tail } from './tail.ts'

/** How the voices are joined, and what normal sessions then score. */
export interface Fusion {
  /** One weight a voice, 0 (not heard) to 1. */
  weights: number[]
  tail: Tail
}

/** Between the sum (which a chatty voice drags) and the maximum (which forgets agreement). */
const NORM = 4

/**
 * Joins what each voice has to say, in nats: the 4-norm of their weighted evidence.
 * @param evidence −ln p by voice
 */
export const join = (evidence: ArrayLike<number>, weights: ArrayLike<number>): number => {
  let sum = 0
  for (let v = 0; v < evidence.length; v++) {
    const e = evidence[v]! * weights[v]!
    sum += e * e * e * e
  }
  return sum ** (1 / NORM)
}

/** −ln p of every voice. */
export const evidenceOfAll = (scores: ArrayLike<number>, tails: readonly Tail[]): Float64Array =>
  Float64Array.from(tails, (tail, v) => evidenceOf(tail, scores[v]!))
