import { int32, type Tensor } from '../onnx/graph.ts'
import type { Row } from './rows.ts'

/** Padding costs more than one more run from so many tokens on. */
const WORTH_A_RUN = 512

/** Lengths that may share a batch: up to a quarter more than the shortest. */
const alike = (shortest: number, length: number): boolean => length <= 1.25 * shortest + 1

/**
 * Groups rows of like length so that a batch holds at most `most` tokens, padding included (one
 * row at least), and little padding. The order of rows of one length is kept.
 */
export const batchByLength = <R extends Pick<Row, 'tokens'>>(
  rows: readonly R[],
  most: number,
): R[][] => {
  const sorted = rows.toSorted((a, b) => a.tokens.length - b.tokens.length)
  const out: R[][] = []
  let batch: R[] = []
  for (const row of sorted) {
    const { length } = row.tokens
    const shortest = batch[0]?.tokens.length ?? length
    const full = (batch.length + 1) * length > most
    const uneven = !alike(shortest, length) && batch.length * shortest >= WORTH_A_RUN
    if (batch.length > 0 && (full || uneven)) {
      out.push(batch)
      batch = []
    }
    batch.push(row)
  }
  if (batch.length > 0) out.push(batch)
  return out
}

/** Tokens, places and targets of a batch; shorter rows are filled up with PAD (0). */
export const rowFeeds = (
  rows: readonly Pick<Row, 'tokens' | 'targets'>[],
): Record<'tokens' | 'places' | 'targets', Tensor> => {
  const length = rows.reduce((most, { tokens }) => Math.max(most, tokens.length), 1)
  const shape = [rows.length, length]
  const fill = (pick: (row: (typeof rows)[number]) => number[]): Tensor => {
    const data = new Int32Array(rows.length * length)
    rows.forEach((row, i) => {
      data.set(pick(row), i * length)
    })
    return int32(data, shape)
  }
  return {
    tokens: fill(row => row.tokens),
    targets: fill(row => row.targets),
    places: int32(
      Int32Array.from({ length }, (_, i) => i),
      [length],
    ),
  }
}
