/** Deterministic numbers in [0, 1) for a seed (xorshift, Marsaglia 2003). */
export const createDraw = (seed: number): (() => number) => {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x6a09e667) | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4294967296
  }
}
