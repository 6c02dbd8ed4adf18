import type { SequenceSet } from '../sequence/sequence-set.ts'
import { createRandom } from '../simulator/random.ts'

/** A row of a set, and how many sessions its score stands for. */
export interface WeighedRow {
  row: number
  weight: number
}

/**
 * At most `mostEvents` events' worth of rows (one at least), drawn from the seed: the others are
 * stood for by those drawn. Rows beyond the bound cost work, and the tail of a voice is known
 * from thousands as well as from all.
 */
export const boundedRows = (
  { sequences, weights }: SequenceSet,
  rows: readonly number[],
  mostEvents: number,
  seed: number,
): WeighedRow[] => {
  const random = createRandom(seed).fork(5)
  const drawn = rows.map(row => ({ row, at: random.next() })).sort((a, b) => a.at - b.at)
  let events = 0
  const kept = drawn.filter(({ row }, i) => {
    events += sequences[row]!.length + 1
    return i === 0 || events <= mostEvents
  })
  const total = (list: readonly { row: number }[]) =>
    list.reduce((sum, { row }) => sum + weights[row]!, 0)
  const stretch = total(drawn) / total(kept)
  return kept
    .map(({ row }) => ({ row, weight: weights[row]! * stretch }))
    .sort((a, b) => a.row - b.row)
}
