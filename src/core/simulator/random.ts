/** A stream of pseudo-random numbers with the draws that the simulator needs. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** Whole number in [low, high]. */
  int(low: number, high: number): number
  pick<T>(list: readonly T[]): T
  /** Time to the next event of a Poisson process, in units of its mean. */
  exponential(mean: number): number
  /** Log-normal with this median; `spread` is the deviation of the logarithm. */
  around(median: number, spread: number): number
  /** `length` characters of `alphabet`. */
  text(length: number, alphabet: string): string
  /** A stream of its own, so that more draws in one place do not shift the others. */
  fork(salt: number): Random
}

/** Deterministic for a seed: mulberry32 (32 bits of state, public domain algorithm). */
export const createRandom = (seed: number): Random => {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return {
    next,
    int,
    pick: list => list[int(0, list.length - 1)]!,
    exponential: mean => -mean * Math.log(1 - next()),
    around: (median, spread) => median * Math.exp(spread * normal()),
    text: (length, alphabet) => {
      let out = ''
      for (let i = 0; i < length; i++) out += alphabet[int(0, alphabet.length - 1)]
      return out
    },
    fork: salt => createRandom(Math.imul(seed + 1, 0x27d4eb2f) ^ Math.imul(salt + 1, 0x165667b1)),
  }
}
