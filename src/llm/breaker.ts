export type BreakerState = 'closed' | 'open' | 'half-open'

/** Leaves a server alone that failed several times in a row. */
export interface Breaker {
  /** False: do not ask now. What was let in must be told of by one of the next three. */
  enter(): boolean
  succeeded(): void
  failed(): void
  /** It was neither: whoever asked went away. */
  left(): void
}

export interface BreakerOptions {
  /** Failures in a row that open it. */
  failures: number
  /** How long it stays open, ms; then one may try. */
  openMs: number
  now(): number
  changed(state: BreakerState): void
}

/** As in Nygard, Release It!, "Circuit Breaker". */
export const createBreaker = ({ failures, openMs, now, changed }: BreakerOptions): Breaker => {
  let state: BreakerState = 'closed'
  let inRow = 0
  let until = 0
  let isTried = false
  const become = (next: BreakerState): void => {
    if (state === next) return
    state = next
    changed(next)
  }
  return {
    enter() {
      if (state === 'open' && now() >= until) become('half-open')
      if (state === 'closed') return true
      if (state === 'open' || isTried) return false
      isTried = true
      return true
    },
    succeeded() {
      inRow = 0
      isTried = false
      become('closed')
    },
    failed() {
      inRow++
      // One that was asked before it opened says nothing new.
      if (state === 'open') return
      if (state === 'closed' && inRow < failures) return
      isTried = false
      until = now() + openMs
      become('open')
    },
    left() {
      isTried = false
    },
  }
}
