import type { SequenceSet } from '../sequence/sequence-set.ts'
import { createDraw } from './draw.ts'

/** Bounds of what a detector keeps of its training set. */
export const MOST_ROWS = 20_000
export const MOST_EVENTS = 1_500_000

export interface Reservoir extends SequenceSet {
  /** How many training sessions each kept row speaks for in calibration: at least its weight. */
  shares: number[]
  /** Row of the training set behind each kept row. */
  from: number[]
  /** Distinct sequences left out. */
  dropped: number
}

/**
 * Keeps the commonest sequences and a random sample of the others, in their order. The rarest of
 * what is kept speak for what is gone (which is rare as well), so shares stay as they were.
 */
export const keepRows = (training: SequenceSet, seed: number): Reservoir => {
  const { sequences, weights } = training
  const events = sequences.reduce((sum, s) => sum + s.length + 1, 0)
  const fits = sequences.length <= MOST_ROWS && events <= MOST_EVENTS
  const kept = fits ? sequences.map((_, i) => i) : sample(training, createDraw(seed))
  const own = kept.map(i => weights[i]!)
  return {
    sequences: kept.map(i => sequences[i]!),
    weights: own,
    shares: sharesOf(
      own,
      weights.reduce((a, b) => a + b, 0),
    ),
    from: kept,
    dropped: sequences.length - kept.length,
  }
}

const sample = ({ sequences, weights }: SequenceSet, draw: () => number): number[] => {
  const luck = sequences.map(draw)
  const order = sequences
    .map((_, i) => i)
    .sort((a, b) => weights[b]! - weights[a]! || luck[a]! - luck[b]!)
  const kept: number[] = []
  let room = MOST_EVENTS
  for (const i of order) {
    if (kept.length >= MOST_ROWS) break
    const size = sequences[i]!.length + 1
    if (size > room) continue
    room -= size
    kept.push(i)
  }
  return kept.sort((a, b) => a - b)
}

const sharesOf = (own: readonly number[], total: number): number[] => {
  const held = own.reduce((a, b) => a + b, 0)
  const rarest = own.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const rare = own.reduce((sum, w) => sum + (w === rarest ? w : 0), 0)
  const factor = rare > 0 ? 1 + (total - held) / rare : 1
  return own.map(w => (w === rarest ? w * factor : w))
}
