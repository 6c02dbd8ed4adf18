import type { Incident } from '../core/incident/incident.ts'
import { keepReport } from '../core/rca/keep-report.ts'
import type { KeptReport, RcaReport } from '../core/rca/types.ts'
import type { Anomaly, LogLine } from '../core/types.ts'
import type { StoredReport } from '../db/database.ts'
import type { AppDeps, TellText } from './deps.ts'
import { findSimilar } from './similar-incidents.ts'

/** What a report is told from. */
export interface Findings {
  anomalies: readonly Anomaly[]
  /** Lines that were sent; those around the anomalies are looked at when absent. */
  lines?: readonly LogLine[]
  /** Why there are no lines to look at, where that is known beforehand. */
  why?: string
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

export type ReportDeps = Pick<
  AppDeps,
  'db' | 'feed' | 'metrics' | 'causes' | 'narrate' | 'shareReport'
>

/** A report as this version makes it; those of earlier ones are read by `readReport`. */
export type MadeReport = Omit<StoredReport, 'report'> & { report: KeptReport }

/** Makes the deterministic report, stores it, and tells who listens if it is about what is stored. */
export const makeReport = async (deps: ReportDeps, findings: Findings): Promise<MadeReport> => {
  const { causes, db, metrics } = deps
  const { anomalies, lines, why, incident, size, anomaly } = findings
  const seen =
    why === undefined && causes !== undefined
      ? await causes.find({ anomalies, ...(lines && { lines }) })
      : { why: why ?? 'no lines are looked at here' }
  const facts = keepReport(seen, anomalies)
  if (size !== undefined) {
    facts.size = size
    const gone = size - anomalies.length
    if (gone > 0) facts.cut.notes.push(`${gone} of its ${size} anomalies were not looked at`)
  }
  facts.similar = findSimilar(db, facts, incident)
  metrics.rcaReports.inc({ basis: facts.basis, found: `${facts.found}` })
  const made = {
    id: crypto.randomUUID(),
    ...(incident !== undefined && { incident }),
    ...(anomaly !== undefined && { anomaly }),
    created: Date.now(),
    report: facts,
  }
  await keep(deps, made)
  return made
}

/**
 * Adds words to a report, where a language model is configured and has some; else the report stays
 * as it is. Who listens is told each sentence as it comes, or that they are taken back.
 */
export const addWords = async (
  deps: ReportDeps,
  made: MadeReport,
  { signal, onText }: { signal: AbortSignal; onText?: TellText },
): Promise<MadeReport> => {
  const { narrate, feed } = deps
  if (narrate === undefined) return made
  let isTold = false
  const narrative = await narrate(factsOf(made.report), {
    ...{ signal, lines: made.report.lines },
    onText(chunk, evidence) {
      isTold = true
      if (isStored(made)) feed.transient('rca-text', { id: made.id, chunk, evidence })
      onText?.(chunk, evidence)
    },
  })
  if (narrative === undefined) {
    if (isTold && isStored(made)) feed.transient('rca-text', { id: made.id, withdrawn: true })
    return made
  }
  const whole = { ...made, report: { ...made.report, narrative } }
  await keep(deps, whole)
  return whole
}

/** What words are for: the same trouble has the same, whatever it is compared with. */
const factsOf = (report: KeptReport): RcaReport => {
  const { found, summary, confidence, start, suspects, timeline, impact, missing, cut } = report
  const { firstDeviation, parameters } = report
  return {
    ...{ found, summary, confidence, suspects, timeline, impact, missing, cut },
    ...(start !== undefined && { start }),
    ...(firstDeviation !== undefined && { firstDeviation }),
    ...(parameters !== undefined && { parameters }),
  }
}

/** Whether it is about what is stored: others want to know of it then. */
const isStored = ({ incident, anomaly }: MadeReport): boolean =>
  incident !== undefined || anomaly !== undefined

const keep = async (
  { db, feed, metrics, shareReport }: ReportDeps,
  made: MadeReport,
): Promise<void> => {
  const stored: StoredReport = { ...made, report: { ...made.report } }
  db.reports.put(stored)
  if (!isStored(made)) return
  feed.publish({ type: 'rca', data: JSON.stringify(stored) })
  // It is stored here: that others are told matters less than that who asked is answered.
  await shareReport?.(stored).catch(() => metrics.rcaUnshared.inc())
}
