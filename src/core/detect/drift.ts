import { LogbertError } from '../errors.ts'
import { countPattern } from './count-pattern.ts'
import {
  type Candidate,
  type DriftOptions,
  type DriftSnapshot,
  driftSettings,
  isDriftSnapshot,
  type Regime,
} from './drift-state.ts'

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

/**
 * Tells a new normal from single anomalies: alarms are grouped by count pattern, and a group that
 * makes up `sessions` (20) of the last `window` (200) sessions is a new regime. It gives one notice,
 * and its later alarms are not raised. The rule cannot tell a deployment from an outage in which
 * everything fails alike; hence the notice, which comes again at 10, 100, … times as many, the alarms
 * from before it that stay (`before`), and that a regime that ended alarms anew (`forget`).
 * @throws LogbertError BAD_CONFIG on settings that contradict, BAD_BUNDLE on a damaged snapshot
 */
export const createDrift = (options: DriftOptions = {}, snapshot?: unknown): Drift => {
  const { sessions, window, before, forget, stretches, near } = driftSettings(options)
  if (snapshot !== undefined && !isDriftSnapshot(snapshot)) {
    throw new LogbertError('BAD_BUNDLE', 'cannot read the state of drift; start without it')
  }
  let seen = snapshot?.seen ?? 0
  let recent = structuredClone(snapshot?.recent ?? [])
  const regimes = new Map<string, Regime>(Object.entries(structuredClone(snapshot?.regimes ?? {})))

  const candidates = new Map<string, Candidate>(
    Object.entries(structuredClone(snapshot?.candidates ?? {})),
  )

  /** Whether a pattern that is common now has been so for long enough. */
  const lasts = (pattern: string, alike: number): boolean => {
    if (2 * alike >= window) return true
    const candidate = candidates.get(pattern) ?? { stretches: 0, last: seen - window }
    if (seen - candidate.last >= window) {
      candidate.stretches += 1
      candidate.last = seen
    }
    candidates.delete(pattern)
    candidates.set(pattern, candidate)
    if (candidates.size > MOST_REGIMES) candidates.delete(candidates.keys().next().value!)
    return candidate.stretches >= stretches
  }

  /** The regime of a pattern, or one whose sessions are as near as normal ones are to each other. */
  const regimeOf = (pattern: string, sequence: readonly number[]): [string, Regime] | undefined => {
    const own = regimes.get(pattern)
    if (own !== undefined) return [pattern, own]
    return [...regimes].find(
      ([, { example, last }]) => seen - last <= forget && near(example, sequence),
    )
  }

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

  const begins = (pattern: string, example: readonly number[]): DriftStep => {
    const own = new Set(
      recent.flatMap(r => (r.pattern === pattern || near(example, r.sequence) ? [r.pattern] : [])),
    )
    const group = recent.filter(r => own.has(r.pattern))
    recent = recent.filter(r => !own.has(r.pattern))
    candidates.delete(pattern)
    if (regimes.size >= MOST_REGIMES) regimes.delete(regimes.keys().next().value!)
    const back = before === 'withdraw' ? group.map(r => r.key) : []
    const facts = { alarms: group.length, withheld: back.length }
    regimes.set(pattern, { ...facts, last: seen, example: [...example] })
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
      const [name, regime] = regimeOf(pattern, sequence) ?? [pattern]
      if (regime !== undefined && seen - regime.last <= forget) return goesOn(name, regime)
      regimes.delete(pattern)
      recent.push({ at: seen, pattern, key, sequence: [...sequence] })
      recent = before === 'keep' ? recent.filter(isRecent) : recent.slice(-MOST_ALARMS)
      const alike = recent.filter(r => r.pattern === pattern && isRecent(r)).length
      return alike >= sessions && lasts(pattern, alike) ? begins(pattern, sequence) : QUIET
    },
    snapshot: () =>
      structuredClone({
        ...{ kind: 'drift/1', seen, recent },
        regimes: Object.fromEntries(regimes),
        candidates: Object.fromEntries(candidates),
      }),
  }
}
