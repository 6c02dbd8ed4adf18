/** How many different event types of a sequence training never saw. */
export const unseenTypes = (sequence: readonly number[], known: ReadonlySet<number>): number => {
  const unseen = new Set<number>()
  for (const id of sequence) if (!known.has(id)) unseen.add(id)
  return unseen.size
}

/** What training says about event types to come. */
export interface Novelty {
  /** By training row: types that no other session has. */
  own: number[]
  /**
   * Good–Turing estimate of the share of normal sessions that hold an unseen type: the share of
   * training sessions with a type of their own, (k + 1)/(n + 1).
   */
  rate: number
}

/** @param weights how often each row occurred; a repeated row has no type of its own */
export const noveltyOf = (
  rows: readonly (readonly number[])[],
  weights: readonly number[],
): Novelty => {
  const holders = new Map<number, number>()
  const types = rows.map(row => new Set(row))
  types.forEach((set, i) => {
    for (const id of set) holders.set(id, (holders.get(id) ?? 0) + weights[i]!)
  })
  let n = 0
  let k = 0
  const own = types.map((set, i) => {
    let count = 0
    for (const id of set) if (holders.get(id) === 1) count += 1
    n += weights[i]!
    if (count > 0) k += weights[i]!
    return count
  })
  return { own, rate: (k + 1) / (n + 1) }
}
