import type { SequenceSet } from '../sequence/sequence-set.ts'
import { createRandom } from '../simulator/random.ts'
import type { Split } from './split.ts'

/** So many held-out sessions should lie above the threshold, or it is a matter of luck. */
const ENOUGH = 5

/**
 * How many networks, each with its own part held out, it takes until the held-out parts hold the
 * threshold: with n sessions, a budget a and a share h held out, h·n·a sessions lie above it.
 */
export const networksNeeded = (
  { sessions, heldOut, budget }: { sessions: number; heldOut: number; budget: number },
  most: number,
): number => {
  if (heldOut <= 0) return 1
  const parts = Math.max(1, Math.floor(1 / heldOut + 1e-9))
  const wanted = Math.ceil(ENOUGH / (heldOut * sessions * budget))
  return Math.max(1, Math.min(most, parts, wanted))
}

/**
 * Splits for further networks (cross-fitting): each holds out as many other sequences that a single
 * session has as `first` does, and none twice.
 */
export const furtherSplits = (
  { weights }: SequenceSet,
  first: Pick<Split, 'heldOut'>,
  count: number,
  seed: number,
): Split[] => {
  const random = createRandom(seed).fork(4)
  const taken = new Set(first.heldOut)
  const size = first.heldOut.length
  const others = weights
    .flatMap((weight, row) => (weight > 1 || taken.has(row) ? [] : [row]))
    .map(row => ({ row, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ row }) => row)
  return Array.from({ length: count }, (_, fold) =>
    others.slice(fold * size, (fold + 1) * size).sort((a, b) => a - b),
  ).flatMap(heldOut => {
    if (heldOut.length === 0) return []
    const apart = new Set(heldOut)
    const training = weights.flatMap((_, row) => (apart.has(row) ? [] : [row]))
    return [{ training, heldOut, calibration: [] }]
  })
}
