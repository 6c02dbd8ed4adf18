import { signatureOf } from '../core/rca/signature.ts'
import { liken } from '../core/rca/similar.ts'
import type { KeptReport, SimilarIncident, Suspect } from '../core/rca/types.ts'
import type { Database, ReportFeedback } from '../db/database.ts'

type Tables = Pick<Database, 'anomalies' | 'incidents' | 'reports' | 'reportFeedback'>

/** Incidents that are looked through, the latest; a signature has some kilobytes at most. */
const MOST_PAST = 500
/** Those whose feedback is looked at, and those that are shown. */
const MOST_NEAR = 20
const MOST_SHOWN = 5
/** Anomalies whose incidents are taken for its own. */
const MOST_OWN = 100
/** What is left of the likeness of a report that did not help. */
const UNHELPFUL = 0.5

/**
 * Past incidents that are most like the one of a report, of the latest 500 that have one, with what
 * people wrote of them. An incident is never like itself.
 */
export const findSimilar = (
  db: Tables,
  report: KeptReport,
  incident: string | undefined,
): SimilarIncident[] => {
  const signature = signatureOf(report)
  if (signature === undefined) return []
  const own = new Set(
    report.anomalies.slice(0, MOST_OWN).flatMap(id => db.anomalies.get(id)?.incident ?? []),
  )
  if (incident !== undefined) own.add(incident)
  const past = db.reports.signatures(MOST_PAST + own.size).filter(each => !own.has(each.incident))
  return liken(signature, past, { most: MOST_NEAR })
    .flatMap(({ past: { incident: id, report: of }, similarity }) =>
      tell(db, { incident: id, report: of, score: similarity }),
    )
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST_SHOWN)
}

/** The same with what is known of them now; those that are gone stay as they were told. */
export const refreshSimilar = (
  db: Tables,
  similar: readonly SimilarIncident[],
): SimilarIncident[] =>
  similar.map(told => {
    if (db.incidents.get(told.incident) === undefined) return told
    const { note: _note, cause: _cause, helpful: _helpful, feedback: _said, ...rest } = told
    return { ...rest, ...wordsOn(db, told.incident) }
  })

interface Near {
  incident: string
  report: string
  score: number
}

/** Nothing where the incident is gone. */
const tell = (db: Tables, near: Near): SimilarIncident[] => {
  const incident = db.incidents.get(near.incident)
  if (incident === undefined) return []
  const words = wordsOn(db, near.incident)
  const suspect = words.cause ?? firstSuspect(db, near.report)
  const score = words.helpful === false ? near.score * UNHELPFUL : near.score
  return [
    {
      ...{ ...near, score: Math.round(score * 1000) / 1000 },
      ...{ title: incident.title, state: incident.state, at: incident.firstSeen },
      ...(suspect !== undefined && { suspect }),
      ...words,
    },
  ]
}

/** What people say of an incident and of its reports. */
const wordsOn = (db: Tables, id: string): Partial<SimilarIncident> => {
  const incident = db.incidents.get(id)
  if (incident === undefined) return {}
  const said = db.reportFeedback.ofIncident(id)
  const cause = causeIn(said)
  return {
    state: incident.state,
    ...(incident.note !== undefined && { note: incident.note }),
    ...(cause !== undefined && { cause, suspect: cause }),
    ...(said !== undefined && { helpful: said.helpful }),
    ...(said?.note !== undefined && { feedback: said.note }),
  }
}

const causeIn = (said: ReportFeedback | undefined): string | undefined =>
  typeof said?.trueCause === 'object' ? said.trueCause.name : said?.trueCause

const firstSuspect = (db: Tables, report: string): string | undefined => {
  const suspects = db.reports.get(report)?.report.suspects as Suspect[] | undefined
  return suspects?.[0]?.name
}
