import { type RootCause, rootCause } from '../core/rca/root-cause.ts'
import type { Anomaly } from '../core/types.ts'
import type { StoredReport } from '../db/database.ts'
import type { AppDeps } from './deps.ts'

/** What a report is told from. */
export interface Findings {
  anomalies: readonly Anomaly[]
  incident?: string
  anomaly?: string
}

/** Words for a report that take longer than this are given up, ms. */
const PATIENCE = 120_000

/** Makes the deterministic report, stores it, and tells who listens if it is about what is stored. */
export const makeReport = (
  { db, feed }: AppDeps,
  { anomalies, incident, anomaly }: Findings,
): StoredReport & { report: RootCause } => {
  const about = {
    ...(incident !== undefined && { incident }),
    ...(anomaly !== undefined && { anomaly }),
  }
  const made = {
    id: crypto.randomUUID(),
    ...about,
    created: Date.now(),
    report: rootCause(anomalies) as RootCause & Record<string, unknown>,
  }
  db.reports.put(made)
  if (Object.keys(about).length > 0) feed.publish({ type: 'rca', data: JSON.stringify(made) })
  return made
}

/**
 * Adds words to a stored report, where a language model is configured and answers; a fault or a
 * slow answer leaves the report as it is.
 */
export const addWords = async (
  { db, narrate, metrics }: AppDeps,
  made: StoredReport & { report: RootCause },
  signal: AbortSignal,
): Promise<StoredReport> => {
  if (narrate === undefined || made.report.anomalies.length === 0) return made
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)])
    const narrative = await narrate(made.report, within)
    if (narrative === undefined) return made
    const whole = { ...made, report: { ...made.report, narrative } }
    db.reports.put(whole)
    return whole
  } catch {
    // Why is known to who was asked; the facts stand without words.
    metrics.rcaFailures.inc()
    return made
  }
}
