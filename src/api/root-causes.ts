import { type RootCause, rootCause } from '../core/rca/root-cause.ts'
import type { RcaReport } from '../core/rca/types.ts'
import type { Anomaly, LogLine } from '../core/types.ts'
import type { StoredReport } from '../db/database.ts'
import type { AppDeps } from './deps.ts'

/** What a report is told from. */
export interface Findings {
  anomalies: readonly Anomaly[]
  /** Lines that were sent; those around the anomalies are looked at when absent. */
  lines?: readonly LogLine[]
  incident?: string
  anomaly?: string
}

/** Words for a report that take longer than this are given up, ms. */
const PATIENCE = 120_000

/** What can be told without a language model. */
type Facts = RootCause & {
  /** What the lines around it say, where they were looked at. */
  cause?: RcaReport
}

/** Makes the deterministic report, stores it, and tells who listens if it is about what is stored. */
export const makeReport = async (
  { db, feed, causes }: AppDeps,
  { anomalies, lines, incident, anomaly }: Findings,
): Promise<StoredReport & { report: Facts }> => {
  const about = {
    ...(incident !== undefined && { incident }),
    ...(anomaly !== undefined && { anomaly }),
  }
  const cause = await causes?.find({ anomalies, ...(lines && { lines }) })
  const facts: Facts = { ...rootCause(anomalies), ...(cause && { cause }) }
  const made = {
    id: crypto.randomUUID(),
    ...about,
    created: Date.now(),
    report: facts as Facts & Record<string, unknown>,
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
  made: StoredReport & { report: Facts },
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
