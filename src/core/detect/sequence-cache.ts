/** What was computed for a sequence, remembered while it is cheap to. */
export interface SequenceCache<T> {
  /** The value of a sequence: the remembered one, or what `make` gives. */
  get(sequence: readonly number[], make: () => T): T
  /** Sequences remembered now. */
  readonly size: number
}

/** Sequences remembered, and events in all of them together, at most; then it starts anew. */
const MOST = 50_000
const MOST_EVENTS = 2_000_000
/** Longer sequences hardly ever come twice. */
const LONGEST = 2000

export const createSequenceCache = <T>(): SequenceCache<T> => {
  const known = new Map<string, T>()
  let events = 0
  return {
    get(sequence, make) {
      if (sequence.length > LONGEST) return make()
      const key = sequence.join(' ')
      const found = known.get(key)
      if (found !== undefined) return found
      const value = make()
      events += sequence.length
      if (known.size >= MOST || events > MOST_EVENTS) {
        known.clear()
        events = sequence.length
      }
      known.set(key, value)
      return value
    },
    get size() {
      return known.size
    },
  }
}
