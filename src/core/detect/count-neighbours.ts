import type { Near } from './bag-index.ts'

/** No neighbour at all (a training set of one) is as far as this. */
const NOWHERE = 1e6

/**
 * Voice K: how far the counts are from the three nearest training sessions, mean of
 * ln(1 + distance). Close duplicates anywhere in training make it 0.
 */
export const countNeighbours = ({ far }: Near): number =>
  far.reduce((sum, d) => sum + Math.log1p(Math.min(d, NOWHERE)), 0) / far.length
