/** What was computed for a sequence, remembered while it is cheap to. */
export interface SequenceCache<T> {
  /** The value of a sequence: the remembered one, or what `make` gives. */
  get(sequence: readonly number[], make: () => T): T
  /** Sequences remembered now. */
  readonly size: number
  /** Asked for and found, and not found. */
  readonly stats: { hits: number; misses: number }
}

/** Sequences remembered, and events in all of them together, at most; then it starts anew. */
const MOST = 50_000
const MOST_EVENTS = 2_000_000
/** Longer sequences hardly ever come twice. */
const LONGEST = 2000

export const createSequenceCache = <T>(): SequenceCache<T> => {
  const known = new Map<string, T>()
  const stats = { hits: 0, misses: 0 }
  let events = 0
  return {
    get(sequence, make) {
      if (sequence.length > LONGEST) {
        stats.misses++
        return make()
      }
      const key = sequence.join(' ')
      const found = known.get(key)
      if (found !== undefined) {
        stats.hits++
        return found
      }
      stats.misses++
      const value = make()
      events += sequence.length
      if (known.size >= MOST || events > MOST_EVENTS) {
        known.clear()
        events = sequence.length
      }
      known.set(key, value)
      return value
    },
    stats,
    get size() {
      return known.size
    },
  }
}
