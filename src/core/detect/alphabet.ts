/** Dense numbers for the event ids that training saw; `size` stands for every other id. */
export interface Alphabet {
  readonly size: number
  readonly ids: readonly number[]
  /** Same length as `sequence`; ids that training never saw become `size`. */
  encode(sequence: readonly number[]): Int32Array
}

/** Ids go by ascending value, so the same training set gives the same numbers in any order. */
export const createAlphabet = (sequences: readonly (readonly number[])[]): Alphabet => {
  const seen = new Set<number>()
  for (const sequence of sequences) for (const id of sequence) seen.add(id)
  const ids = [...seen].sort((a, b) => a - b)
  const dense = new Map(ids.map((id, i) => [id, i]))
  return {
    size: ids.length,
    ids,
    encode: sequence => Int32Array.from(sequence, id => dense.get(id) ?? ids.length),
  }
}
