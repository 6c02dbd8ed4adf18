import type { Batch } from './dataset.ts'

/**
 * The centre of normal sessions, which follows the model: the mean head of all masked rows of an
 * epoch is the centre of the next (Guo et al., §4.2, computed over training once an epoch).
 */
export interface CentreTracker {
  /** Adds the heads [rows, hidden] of a batch's masked rows. */
  add(heads: Float32Array, masked: Batch['masked']): void
  /** The mean of what was added, which starts anew; the one before where nothing was. */
  next(): Float32Array
}

export const createCentreTracker = (first: Float32Array): CentreTracker => {
  const hidden = first.length
  let sum = new Float64Array(hidden)
  let rows = 0
  let last = first
  return {
    add(heads, masked) {
      masked.forEach((counts, row) => {
        if (!counts) return
        rows++
        for (let i = 0; i < hidden; i++) sum[i]! += heads[row * hidden + i]!
      })
    },
    next() {
      if (rows > 0) last = Float32Array.from(sum, value => value / rows)
      sum = new Float64Array(hidden)
      rows = 0
      return last
    },
  }
}
