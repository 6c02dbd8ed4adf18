import { int32, type Tensor } from '../onnx/graph.ts'
import type { Row } from './rows.ts'

/**
 * Groups rows of like length so that a batch holds at most `most` tokens, padding included (one
 * row at least). The order of rows of one length is kept.
 */
export const batchByLength = <R extends Pick<Row, 'tokens'>>(
  rows: readonly R[],
  most: number,
): R[][] => {
  const sorted = rows.toSorted((a, b) => a.tokens.length - b.tokens.length)
  const out: R[][] = []
  let batch: R[] = []
  for (const row of sorted) {
    if (batch.length > 0 && (batch.length + 1) * row.tokens.length > most) {
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
