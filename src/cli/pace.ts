/** Keeps a stretch of work to a rate. */
export interface Pace {
  /** Milliseconds to wait until so many more may go. */
  next(count: number): number
}

/** Time that is not made up for after a stop of the server, ms. */
const MOST_BEHIND_MS = 1_000

/** @param rate how many a second; Infinity never waits. */
export const createPace = (rate: number, now: () => number = () => performance.now()): Pace => {
  let due = now()
  return {
    next(count) {
      const time = now()
      if (due < time - MOST_BEHIND_MS) due = time - MOST_BEHIND_MS
      const wait = Math.max(0, due - time)
      due += (1000 * count) / rate
      return wait
    },
  }
}

/** Lines in a request so that at least ten a second go at this rate; at most `most`. */
export const batchFor = (rate: number, most: number): number =>
  Math.max(1, Math.min(most, Math.floor(rate / 10)))
