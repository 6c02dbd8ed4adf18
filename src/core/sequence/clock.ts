/** A step ahead beyond this, in ms, must be confirmed by a second event before it counts. */
export const LEAP_MS = 60 * 60_000
/** So many events in a row behind by more than a leap: the clock itself was set back. */
const SET_BACK_AFTER = 32

export interface ClockState {
  now: number | null
  elapsed: number
  leap: number | null
  behind: number
}

/**
 * Event time of one source, from stamps that may jump. `elapsed` never falls: single late stamps do
 * not count, a single stamp far ahead waits for a second one, and when the stamps stay behind the
 * clock follows them without giving time back.
 */
export interface Clock {
  /** Latest event time in epoch ms; -Infinity before the first event. */
  readonly now: number
  /** Event time passed since the first event, in ms. */
  readonly elapsed: number
  /** Whether the latest event was far ahead, and no second one has confirmed it yet. */
  readonly doubtful: boolean
  /** Takes in the stamp of an event. */
  observe(at: number): void
  /** Moves on to a time known from elsewhere (a timer in a quiet stream); never back. */
  advance(now: number): void
  state(): ClockState
}

export const createClock = (from?: ClockState): Clock => {
  let now = from?.now ?? Number.NEGATIVE_INFINITY
  let elapsed = from?.elapsed ?? 0
  let leap = from?.leap ?? undefined
  let behind = from?.behind ?? 0
  const forward = (at: number): void => {
    elapsed += at - now
    now = at
    leap = undefined
  }
  const observe = (at: number): void => {
    if (!Number.isFinite(at)) return
    if (at >= now) {
      behind = 0
      if (at - now <= LEAP_MS || (leap !== undefined && Math.abs(at - leap) <= LEAP_MS)) {
        forward(at)
      } else if (now === Number.NEGATIVE_INFINITY) now = at
      else leap = at
      return
    }
    leap = undefined
    if (now - at <= LEAP_MS) behind = 0
    else if (++behind >= SET_BACK_AFTER) {
      now = at
      behind = 0
    }
  }
  return {
    get now() {
      return now
    },
    get elapsed() {
      return elapsed
    },
    get doubtful() {
      return leap !== undefined
    },
    observe,
    advance: at => {
      if (Number.isFinite(now) && at > now) forward(at)
    },
    state: () => ({
      now: Number.isFinite(now) ? now : null,
      elapsed,
      leap: leap ?? null,
      behind,
    }),
  }
}
