/** Distinct sequences of template ids with how often each occurred. */
export interface SequenceSet {
  sequences: number[][]
  /** Same length as `sequences`; positive. */
  weights: number[]
}

/**
 * Folds repeated sequences: real logs repeat (11,000 HDFS blocks hold some 1,000 distinct ones).
 * `index[i]` is the row of the set that holds input `i`. Order of first appearance is kept.
 */
export const distinct = (input: readonly number[][]): SequenceSet & { index: number[] } => {
  const rows = new Map<string, number>()
  const set = { sequences: [] as number[][], weights: [] as number[], index: [] as number[] }
  for (const sequence of input) {
    const key = sequence.join(' ')
    let row = rows.get(key)
    if (row === undefined) {
      row = set.sequences.length
      rows.set(key, row)
      set.sequences.push(sequence)
      set.weights.push(0)
    }
    set.weights[row]! += 1
    set.index.push(row)
  }
  return set
}
