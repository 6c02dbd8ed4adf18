/** Counts up to here have a bin each; beyond, bins grow by a third. */
const EXACT = 4

const GROWTH = Math.log(4 / 3)

/** Bin of a count: 0, 1, 2, 3, 4, then 5, 6–7, 8–9, … by thirds. */
export const countBin = (count: number): number =>
  count <= EXACT ? count : EXACT + Math.floor(Math.log(count / EXACT) / GROWTH) + 1
