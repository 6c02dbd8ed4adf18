import type { Near } from './bag-index.ts'

/**
 * Voice B: the same distance as a share of both sessions' size (weighted Bray–Curtis, 0 to 1), so
 * that long sessions are not odd just for being long.
 */
export const sizeFreeNeighbours = ({ share }: Near): number =>
  share.reduce((sum, d) => sum + Math.min(1, d), 0) / share.length
