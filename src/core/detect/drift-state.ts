import { LogbertError } from '../errors.ts'

export interface DriftOptions {
  /** A regime is recognised when so many of the last `window` sessions alarmed with one pattern. */
  sessions?: number
  window?: number
  /**
   * In how many stretches of `window` sessions it must have been that common, unless it makes up
   * half of one: a burst of failures is common once, a new normal goes on. Default 1.
   */
  stretches?: number
  /**
   * Whether a session is no odder beside the sessions of a regime than normal ones are beside each
   * other: it then belongs to the regime although its counts differ. Default: only equal patterns.
   */
  near?: (regime: readonly number[], sequence: readonly number[]) => boolean
  /**
   * What becomes of the alarms from before the recognition. `keep`: they stay, and the notice comes
   * on top, so that an outage of identical failures is seen when it begins. `withdraw`: those still
   * remembered are taken back, which suits the judgement of a stored log.
   */
  before?: 'keep' | 'withdraw'
  /** A regime that was not seen for so many sessions is forgotten: its return alarms anew. */
  forget?: number
}

export interface Regime {
  alarms: number
  withheld: number
  /** Number of the session that showed it last. */
  last: number
  /** A session of it. */
  example: number[]
}

/** A pattern that was common in some stretches, but not in enough of them. */
export interface Candidate {
  stretches: number
  /** Number of the session that filled the last of them. */
  last: number
}

/** Plain data: what was seen, so that a restart forgets nothing. */
export interface DriftSnapshot {
  kind: 'drift/1'
  /** Sessions seen. */
  seen: number
  /** Alarms that belong to no regime and may yet make one or be withdrawn, oldest first. */
  recent: { at: number; pattern: string; key: string; sequence: number[] }[]
  regimes: Record<string, Regime>
  candidates: Record<string, Candidate>
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0

/** The state of drift as stored, or not. */
export const isDriftSnapshot = (value: unknown): value is DriftSnapshot => {
  const { kind, seen, recent, regimes, candidates } = (value ?? {}) as Partial<DriftSnapshot>
  return (
    kind === 'drift/1' &&
    isCount(seen) &&
    Array.isArray(recent) &&
    recent.every(
      r => isCount(r?.at) && typeof r.pattern === 'string' && Array.isArray(r.sequence),
    ) &&
    typeof regimes === 'object' &&
    Object.values(regimes ?? {}).every(
      r => [r?.alarms, r?.withheld, r?.last].every(isCount) && Array.isArray(r.example),
    ) &&
    typeof candidates === 'object' &&
    Object.values(candidates ?? {}).every(c => [c?.stretches, c?.last].every(isCount))
  )
}

/** @throws LogbertError BAD_CONFIG on settings that contradict */
export const driftSettings = (options: DriftOptions): Required<DriftOptions> => {
  const { sessions = 20, window = 200, before = 'keep', forget = 5 * window } = options
  const { stretches = 1, near = () => false } = options
  if (!(sessions >= 2 && window >= sessions && forget >= window)) {
    throw new LogbertError(
      'BAD_CONFIG',
      `a regime of ${sessions} in ${window} sessions, forgotten after ${forget}, cannot be: ` +
        'give 2 or more sessions, a window that holds them, and forget no sooner than the window',
    )
  }
  return { sessions, window, before, forget, stretches, near }
}
