import type { Incident } from '../core/incident/incident.ts'
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
  /** Anomalies in it. */
  size?: number
  anomaly?: string
}

/** Anomalies of an incident that its report looks at, newest first. */
const MOST_OF_INCIDENT = 1000

/** The latest anomalies of an incident, and those that it began with and was worst in. */
export const findingsOn = ({ db }: Pick<AppDeps, 'db'>, incident: Incident): Findings => {
  const { id, first, worst, anomalies: size } = incident
  const { items } = db.anomalies.list({ incident: id, limit: MOST_OF_INCIDENT })
  const known = new Set(items.map(item => item.id))
  const marked = [first.anomaly, worst.anomaly].filter(each => !known.has(each))
  const more = [...new Set(marked)].flatMap(each => db.anomalies.get(each) ?? [])
  return { anomalies: [...items, ...more], incident: id, size }
}

/** Words for a report that take longer than this are given up, ms. */
const PATIENCE = 120_000

/** What can be told without a language model. */
type Facts = RootCause & {
  /** What the lines around it say, where they were looked at. */
  cause?: RcaReport
  /** Anomalies in the incident when it was made. */
  size?: number
}

export type ReportDeps = Pick<AppDeps, 'db' | 'feed' | 'causes' | 'shareReport'>

/** Makes the deterministic report, stores it, and tells who listens if it is about what is stored. */
export const makeReport = async (
  { db, feed, causes, shareReport }: ReportDeps,
  { anomalies, lines, incident, size, anomaly }: Findings,
): Promise<StoredReport & { report: Facts }> => {
  const about = {
    ...(incident !== undefined && { incident }),
    ...(anomaly !== undefined && { anomaly }),
  }
  const cause = await causes?.find({ anomalies, ...(lines && { lines }) })
  const facts: Facts = { ...rootCause(anomalies), ...(cause && { cause }), ...(size && { size }) }
  const made = {
    id: crypto.randomUUID(),
    ...about,
    created: Date.now(),
    report: facts as Facts & Record<string, unknown>,
  }
  db.reports.put(made)
  if (Object.keys(about).length === 0) return made
  feed.publish({ type: 'rca', data: JSON.stringify(made) })
  // It is stored here: that others are told matters less than that who asked is answered.
  await shareReport?.(made).catch(() => undefined)
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
