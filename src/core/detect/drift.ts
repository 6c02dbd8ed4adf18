import { LogbertError } from '../errors.ts'
import { countPattern } from './count-pattern.ts'

export interface DriftOptions {
  /** A regime is recognised when so many of the last `window` sessions alarmed with one pattern. */
  sessions?: number
  window?: number
  /**
   * What becomes of the alarms from before the recognition. `keep`: they stay, and the notice comes
   * on top, so that an outage of identical failures is seen when it begins. `withdraw`: those still
   * remembered are taken back, which suits the judgement of a stored log.
   */
  before?: 'keep' | 'withdraw'
  /** A regime that was not seen for so many sessions is forgotten: its return alarms anew. */
  forget?: number
}

/** "This is normal now, or a failure that goes on": the one sign of a regime, never silent. */
export interface DriftNotice {
  /** Names the regime: events with their rough counts. */
  pattern: string
  /** Sessions with this pattern that would have alarmed, so far. */
  alarms: number
  /** Alarms that were not raised because of the regime, so far. */
  withheld: number
  /** Keys of the sessions by which it was recognised, oldest first; only in its first notice. */
  keys: string[]
}

export interface DriftStep {
  /** The session alarmed and belongs to a known regime: do not raise it. */
  withheld: boolean
  /** To be raised as an anomaly of its own. */
  notice?: DriftNotice
  /** Keys of sessions whose alarms are taken back; empty with `before: 'keep'`. */
  withdrawn: string[]
}

interface Regime {
  alarms: number
  withheld: number
  /** Number of the session that showed it last. */
  last: number
}

/** Plain data: what was seen, so that a restart forgets nothing. */
export interface DriftSnapshot {
  kind: 'drift/1'
  /** Sessions seen. */
  seen: number
  /** Alarms that belong to no regime and may yet make one or be withdrawn, oldest first. */
  recent: { at: number; pattern: string; key: string }[]
  regimes: Record<string, Regime>
}

export interface Drift {
  /** Takes every session in order of its end. @param alarmed what the detector says of it */
  see(sequence: readonly number[], alarmed: boolean, key?: string): DriftStep
  snapshot(): DriftSnapshot
}

/** Raised alarms that can still be withdrawn, at most. */
const MOST_ALARMS = 5000
/** Regimes remembered; the one not seen for longest goes first. */
const MOST_REGIMES = 1000
/** A regime that goes on is told again each time its withheld alarms are so many times more. */
const AGAIN = 10

const QUIET: DriftStep = { withheld: false, withdrawn: [] }

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0

const isSnapshot = (value: unknown): value is DriftSnapshot => {
  const { kind, seen, recent, regimes } = (value ?? {}) as Partial<DriftSnapshot>
  return (
    kind === 'drift/1' &&
    isCount(seen) &&
    Array.isArray(recent) &&
    recent.every(r => isCount(r?.at) && typeof r.pattern === 'string') &&
    typeof regimes === 'object' &&
    Object.values(regimes ?? {}).every(r => [r?.alarms, r?.withheld, r?.last].every(isCount))
  )
}

const settingsOf = (options: DriftOptions): Required<DriftOptions> => {
  const { sessions = 20, window = 200, before = 'keep', forget = 5 * window } = options
  if (!(sessions >= 2 && window >= sessions && forget >= window)) {
    throw new LogbertError(
      'BAD_CONFIG',
      `a regime of ${sessions} in ${window} sessions, forgotten after ${forget}, cannot be: ` +
        'give 2 or more sessions, a window that holds them, and forget no sooner than the window',
    )
  }
  return { sessions, window, before, forget }
}

/**
 * Tells a new normal from single anomalies: alarms are grouped by count pattern, and a group that
 * makes up `sessions` (20) of the last `window` (200) sessions is a new regime. It gives one notice,
 * and its later alarms are not raised. The rule cannot tell a deployment from an outage in which
 * everything fails alike; hence the notice, which comes again at 10, 100, … times as many, the alarms
 * from before it that stay (`before`), and that a regime that ended alarms anew (`forget`).
 * @throws LogbertError BAD_CONFIG on settings that contradict, BAD_BUNDLE on a damaged snapshot
 */
export const createDrift = (options: DriftOptions = {}, snapshot?: unknown): Drift => {
  const { sessions, window, before, forget } = settingsOf(options)
  if (snapshot !== undefined && !isSnapshot(snapshot)) {
    throw new LogbertError('BAD_BUNDLE', 'cannot read the state of drift; start without it')
  }
  let seen = snapshot?.seen ?? 0
  let recent = structuredClone(snapshot?.recent ?? [])
  const regimes = new Map<string, Regime>(Object.entries(structuredClone(snapshot?.regimes ?? {})))

  const isRecent = ({ at }: { at: number }): boolean => at > seen - window

  const goesOn = (pattern: string, regime: Regime): DriftStep => {
    regime.alarms += 1
    regime.withheld += 1
    regime.last = seen
    regimes.delete(pattern)
    regimes.set(pattern, regime)
    const { alarms, withheld } = regime
    const round = Math.log(alarms / sessions) / Math.log(AGAIN)
    const loud = Math.abs(round - Math.round(round)) < 1e-9
    return {
      withheld: true,
      withdrawn: [],
      ...(loud && { notice: { pattern, alarms, withheld, keys: [] } }),
    }
  }

  const begins = (pattern: string): DriftStep => {
    const group = recent.filter(r => r.pattern === pattern)
    recent = recent.filter(r => r.pattern !== pattern)
    if (regimes.size >= MOST_REGIMES) regimes.delete(regimes.keys().next().value!)
    const back = before === 'withdraw' ? group.map(r => r.key) : []
    const facts = { alarms: group.length, withheld: back.length }
    regimes.set(pattern, { ...facts, last: seen })
    const keys = group.filter(isRecent).map(r => r.key)
    return {
      withheld: before === 'withdraw',
      withdrawn: back.slice(0, -1),
      notice: { pattern, ...facts, keys },
    }
  }

  return {
    see: (sequence, alarmed, key = '') => {
      seen += 1
      if (!alarmed) return QUIET
      const pattern = countPattern(sequence)
      const regime = regimes.get(pattern)
      if (regime !== undefined && seen - regime.last <= forget) return goesOn(pattern, regime)
      regimes.delete(pattern)
      recent.push({ at: seen, pattern, key })
      recent = before === 'keep' ? recent.filter(isRecent) : recent.slice(-MOST_ALARMS)
      const alike = recent.filter(r => r.pattern === pattern && isRecent(r)).length
      return alike >= sessions ? begins(pattern) : QUIET
    },
    snapshot: () =>
      structuredClone({ kind: 'drift/1', seen, recent, regimes: Object.fromEntries(regimes) }),
  }
}
