import { rough } from './count-pattern.ts'

/** Whether two sequences differ only in what differs between normal sessions. */
export type Ordinary = (one: readonly number[], other: readonly number[]) => boolean

/** A count that so few normal sessions have is no ordinary one. */
const LEAST_SHARE = 0.02

const countsOf = (sequence: readonly number[]): Map<number, number> => {
  const counts = new Map<number, number>()
  for (const event of sequence) counts.set(event, (counts.get(event) ?? 0) + 1)
  return counts
}

/**
 * Learns how often each event comes in normal sessions. Two sequences then differ ordinarily when,
 * for every event that they hold in different numbers, both numbers are ordinary: an optional check
 * that some sessions have and others have not is no difference, a step that all have is one.
 */
export const createOrdinary = (
  rows: readonly (readonly number[])[],
  weights: readonly number[],
): Ordinary => {
  const seen = new Map<number, Map<number, number>>()
  let total = 0
  rows.forEach((row, i) => {
    total += weights[i]!
    for (const [event, count] of countsOf(row)) {
      const bins = seen.get(event) ?? new Map<number, number>()
      bins.set(rough(count), (bins.get(rough(count)) ?? 0) + weights[i]!)
      seen.set(event, bins)
    }
  })
  const share = (event: number, count: number): number => {
    const bins = seen.get(event)
    if (bins === undefined) return count === 0 ? 1 : 0
    if (count > 0) return (bins.get(rough(count)) ?? 0) / total
    return 1 - [...bins.values()].reduce((a, b) => a + b, 0) / total
  }
  return (one, other) => {
    const [a, b] = [countsOf(one), countsOf(other)]
    return [...new Set([...a.keys(), ...b.keys()])].every(event => {
      const [x, y] = [a.get(event) ?? 0, b.get(event) ?? 0]
      if (x > 0 && y > 0 && rough(x) === rough(y)) return true
      if (x === y) return true
      return share(event, x) >= LEAST_SHARE && share(event, y) >= LEAST_SHARE
    })
  }
}
