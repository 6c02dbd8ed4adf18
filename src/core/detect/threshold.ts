import { atLeast, atRank, sizeOf, type Tail } from './tail.ts'

/** From so many calibration sessions in the budget on, the plain quantile is steady enough. */
const STEADY = 20

/** n sessions cannot promise fewer false alarms than about two of them. */
export const honestBudget = (budget: number, n: number): number =>
  n > 0 ? Math.min(1, Math.max(budget, 2 / n)) : 1

/** Mean of the scores around the rank of the budget, ⌈a·n/5⌉ … ⌈3·a·n⌉: steadier than one rank. */
export const tailMean = (tail: Tail, budget: number): number => {
  const n = sizeOf(tail)
  const a = honestBudget(budget, n)
  const first = Math.max(1, Math.ceil((a * n) / 5))
  const last = Math.max(first, Math.ceil(3 * a * n))
  let sum = 0
  for (let rank = first; rank <= last; rank++) sum += atRank(tail, rank)
  return sum / (last - first + 1)
}

/**
 * The score from which a session alarms, for a share `budget` of normal sessions. Where many
 * sessions tie at that score, it moves above the tie: a tie must not alarm as one.
 */
export const thresholdOf = (tail: Tail, budget: number): number => {
  const n = sizeOf(tail)
  if (n === 0) return Number.POSITIVE_INFINITY
  const a = honestBudget(budget, n)
  const raw = a * n >= STEADY ? atRank(tail, Math.floor(a * (n + 1))) : tailMean(tail, budget)
  const most = Math.max(3 * a * n, 1)
  if (atLeast(tail, raw) <= most) return raw
  const above = tail.values.filter((_, i) => tail.above[i]! <= most)
  const next = above.at(-1)
  return next === undefined ? step(tail.values[0]!) : (next + raw) / 2
}

/** Just above a value. */
const step = (value: number): number => value + Math.max(1e-6, Math.abs(value) * 1e-6)
