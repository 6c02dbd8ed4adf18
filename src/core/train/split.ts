import type { SequenceSet } from '../sequence/sequence-set.ts'
import { createRandom } from '../simulator/random.ts'

export interface Split {
  /** Rows of the set to learn from. */
  training: number[]
  /** Rows kept apart: sessions whose sequence no other session has. */
  heldOut: number[]
  /**
   * Rows whose scores stand for those of new sessions, with weights that sum to the sessions.
   * A sequence seen twice stays known when one of its sessions is left out; one seen once does
   * not, and those held out stand for all of them: an estimate of leaving each session out.
   */
  calibration: { row: number; weight: number }[]
}

/** Fewer held-out sequences than this say nothing: then all are learned from. */
const LEAST = 5

/** Holds out `share` of the sequences that only one session has, drawn from the seed. */
export const splitSessions = ({ weights }: SequenceSet, share: number, seed: number): Split => {
  const random = createRandom(seed).fork(2)
  const single: number[] = []
  const repeated: number[] = []
  weights.forEach((weight, row) => {
    if (weight > 1) repeated.push(row)
    else single.push(row)
  })
  const drawn = single.map(row => ({ row, at: random.next() })).sort((a, b) => a.at - b.at)
  const count = Math.round(share * single.length)
  const held = count < LEAST ? [] : drawn.slice(0, count).map(({ row }) => row)
  const heldOut = held.sort((a, b) => a - b)
  const apart = new Set(heldOut)
  const each = heldOut.length > 0 ? single.length / heldOut.length : 1
  return {
    training: weights.flatMap((_, row) => (apart.has(row) ? [] : [row])),
    heldOut,
    calibration: [
      ...repeated.map(row => ({ row, weight: weights[row]! })),
      ...(heldOut.length > 0 ? heldOut : single).map(row => ({ row, weight: each })),
    ].sort((a, b) => a.row - b.row),
  }
}
