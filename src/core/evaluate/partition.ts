import { LogbertError } from '../errors.ts'
import { createRandom } from '../simulator/random.ts'

/** A session as evaluation sees it before anything is learned. */
export interface LabelledSession {
  key: string
  odd: boolean
  /** Template ids as one text. */
  sequence: string
  /** Where it ends: epoch ms, or the position of its last line where lines have no time. */
  end: number
  start: number
  /** Position of its first line in the input, from 1. */
  line: number
}

export interface Partition {
  training: Set<string>
  test: Set<string>
}

export interface PartitionOptions {
  split: 'time' | 'random'
  /** Share of the time, or of the normal sessions, to learn from. */
  train: number
  seed: number
}

/**
 * Splits sessions. `time`: learned from are the normal ones that end within the first share of the
 * time, tried are those that end later. `random`: learned from is a share of the normal ones drawn
 * by the seed, tried is everything else.
 * @throws LogbertError BAD_INPUT when one side is empty
 */
export const partition = (
  sessions: readonly LabelledSession[],
  { split, train, seed }: PartitionOptions,
): Partition => {
  const training = new Set<string>()
  const test = new Set<string>()
  if (split === 'time') {
    const from = sessions.reduce((least, { start }) => Math.min(least, start), Infinity)
    const to = sessions.reduce((most, { end }) => Math.max(most, end), -Infinity)
    const cut = from + train * (to - from)
    for (const { key, odd, end } of sessions) {
      if (end > cut) test.add(key)
      else if (!odd) training.add(key)
    }
  } else {
    const random = createRandom(seed)
    const normal = sessions.filter(({ odd }) => !odd).map(({ key }) => ({ key, at: random.next() }))
    normal.sort((a, b) => a.at - b.at)
    const count = Math.round(train * normal.length)
    for (const { key } of normal.slice(0, count)) training.add(key)
    for (const { key } of sessions) if (!training.has(key)) test.add(key)
  }
  if (training.size > 0 && test.size > 0) return { training, test }
  throw new LogbertError(
    'BAD_INPUT',
    `splitting ${sessions.length} sessions failed: ${training.size} to learn from, ${test.size} to ` +
      'try; change --train or --split, or give more lines',
  )
}
