import { createHeap } from '../../heap.ts'

/** What a process waits for: so many ms, or whatever calls the function that it is given. */
export type Pause = number | ((wake: (value: unknown) => void) => void)

/** Something that goes on in simulated time. What wakes it is what its `yield` gives. */
export type Process<T> = Generator<Pause, T, unknown>

/** Simulated time, ms. */
export interface Clock {
  readonly now: number
  start<T>(process: Process<T>, done?: (value: T) => void): void
  after(ms: number, happen: () => void): void
  /** Lets everything up to this moment happen. */
  run(until: number): void
}

export const createClock = (start: number): Clock => {
  const events = createHeap<{ at: number; happen: () => void }>(event => event.at)
  let now = start
  const after = (ms: number, happen: () => void): void =>
    events.push({ at: now + Math.max(0, ms), happen })
  const go = <T>(process: Process<T>, value: unknown, done?: (value: T) => void): void => {
    const { value: next, done: over } = process.next(value)
    if (over) {
      done?.(next as T)
      return
    }
    const pause = next as Pause
    if (typeof pause === 'number') {
      after(pause, () => go(process, undefined, done))
      return
    }
    let awake = false
    pause(given => {
      if (awake) return
      awake = true
      after(0, () => go(process, given, done))
    })
  }
  return {
    get now() {
      return now
    },
    start: (process, done) => go(process, undefined, done),
    after,
    run: until => {
      for (let next = events.peek(); next !== undefined && next.at <= until; ) {
        events.pop()
        now = next.at
        next.happen()
        next = events.peek()
      }
      now = Math.max(now, until)
    },
  }
}
