import type { Near } from './bag-index.ts'

/** Voice S: 1 − cosine of the sets of events, mean over the three nearest training sessions. */
export const setNeighbours = ({ sets }: Near): number =>
  sets.reduce((sum, d) => sum + Math.min(1, d), 0) / sets.length
