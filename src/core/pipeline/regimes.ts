import type { Detector } from '../detect/detector.ts'
import { createDrift, type Drift, type DriftNotice } from '../detect/drift.ts'
import type { DriftSnapshot } from '../detect/drift-state.ts'
import type { Session } from '../types.ts'
import type { Judged } from './judge.ts'

/**
 * A burst of failures is common for a moment; what is common in three stretches of 200 sessions, or
 * makes up half of one, is the system's new course, good or bad.
 */
const STRETCHES = 3

/** A judged session with what the drift rule says of its alarm. */
export interface Settled extends Judged {
  /** Set on the one session that tells of a regime. */
  notice?: DriftNotice
}

/** What was seen of each population. */
export type RegimeState = Partial<Record<Session['kind'], DriftSnapshot>>

export interface Regimes {
  settle(judged: readonly Judged[]): Settled[]
  state(): RegimeState
}

/**
 * Applies the drift rule to sessions in the order in which they closed, each population by itself.
 * @param withdraw takes back the alarms by which a regime was recognised, as far as they are in the
 * same batch: stored logs; a live stream has told of them already
 */
export const createRegimes = (
  withdraw: boolean,
  detectors: Partial<Record<Session['kind'], Detector>>,
  from: RegimeState = {},
): Regimes => {
  const driftOf = (kind: Session['kind']): Drift => {
    const near = detectors[kind]?.near
    return createDrift(
      {
        before: withdraw ? 'withdraw' : 'keep',
        stretches: STRETCHES,
        // A stored log is judged as a whole: what was a regime once is one all through it.
        ...(withdraw && { forget: Number.MAX_SAFE_INTEGER }),
        ...(near !== undefined && { near }),
      },
      from[kind],
    )
  }
  const drifts: Record<Session['kind'], Drift> = { key: driftOf('key'), window: driftOf('window') }
  const settle = (judged: readonly Judged[]): Settled[] => {
    const raised = new Map<string, Settled>()
    const quiet = (settled: Settled): void => {
      settled.verdict = { ...settled.verdict, anomalous: false }
    }
    return judged.map(({ session, verdict }) => {
      const settled: Settled = { session, verdict }
      const key = `${session.kind} ${session.source} ${session.key}`
      const step = drifts[session.kind].see(session.events, verdict.anomalous, key)
      if (verdict.anomalous) raised.set(key, settled)
      for (const gone of step.withdrawn) {
        const known = raised.get(gone)
        if (known !== undefined && known !== settled) quiet(known)
      }
      if (step.notice !== undefined) settled.notice = step.notice
      else if (step.withheld) quiet(settled)
      return settled
    })
  }
  return {
    settle,
    state: () => ({ key: drifts.key.snapshot(), window: drifts.window.snapshot() }),
  }
}
