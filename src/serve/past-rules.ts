import { matches } from '../core/incident/suppress.ts'
import type { Database, Feedback, StoredAnomaly, Suppression } from '../db/database.ts'
import { courseOf } from './feedback-on.ts'

/** What closes anomalies that were found before it was made. */
export interface Rule {
  id: string
  state: 'normal' | 'suppressed'
  matches(anomaly: StoredAnomaly): boolean
}

/** The same course as the session that is normal now, or odd only by templates that are. */
export const ruleOfFeedback = (db: Database, { id, kind, session, templates }: Feedback): Rule => {
  const text = session.join('\n')
  const own = new Set(session)
  const normal = new Set(templates)
  const sameCourse = (anomaly: StoredAnomaly): boolean => {
    if (!anomaly.lines.every(line => own.has(line.template))) return false
    const course = courseOf(db, anomaly)
    return course.kind === kind && course.templates.join('\n') === text
  }
  const onlyNormal = ({ lines, missing, ending }: StoredAnomaly): boolean => {
    const odd = lines.filter(line => line.odd)
    const lacks = missing.length > 0 || ending !== undefined
    return !lacks && odd.length > 0 && odd.every(line => normal.has(line.template))
  }
  return { id, state: 'normal', matches: each => sameCourse(each) || onlyNormal(each) }
}

export const ruleOfSuppression = (suppression: Omit<Suppression, 'hidden'>): Rule => ({
  id: suppression.id,
  state: 'suppressed',
  matches: anomaly => matches(suppression, anomaly),
})

/** Rows looked at in one go: other requests have their turn in between. */
const BATCH = 50

const breath = (): Promise<void> => new Promise(resolve => setTimeout(resolve))

/**
 * Closes open anomalies by the first rule that matches, and counts what suppressions hide.
 * @param incidents those that are touched are added
 * @returns how many were closed
 */
export const applyRules = async (
  db: Database,
  rules: readonly Rule[],
  incidents: Set<string>,
): Promise<number> => {
  if (rules.length === 0) return 0
  let count = 0
  for (const batch of db.anomalies.each({ states: ['open'] }, BATCH)) {
    const closed = batch.flatMap(anomaly => {
      const rule = rules.find(each => each.matches(anomaly))
      return rule === undefined ? [] : [{ anomaly, rule }]
    })
    if (closed.length > 0) db.transaction(() => closeAll(db, closed))
    for (const { anomaly } of closed) {
      if (anomaly.incident !== undefined) incidents.add(anomaly.incident)
    }
    count += closed.length
    await breath()
  }
  return count
}

const closeAll = (db: Database, closed: readonly { anomaly: StoredAnomaly; rule: Rule }[]) => {
  for (const { anomaly, rule } of closed) {
    db.anomalies.setState(anomaly.id, rule.state, rule.id)
    if (rule.state === 'suppressed') db.suppressions.countHidden(rule.id, 1)
  }
}

/** Opens what a rule has closed. @returns how many */
export const reopen = async (
  db: Database,
  rule: string,
  incidents: Set<string>,
): Promise<number> => {
  for (const batch of db.anomalies.each({ states: ['normal', 'suppressed'] }, BATCH)) {
    for (const { suppressedBy, incident } of batch) {
      if (suppressedBy === rule && incident !== undefined) incidents.add(incident)
    }
    await breath()
  }
  let count = 0
  for (;;) {
    const opened = db.anomalies.reopenSuppressed(rule)
    if (opened === 0) return count
    count += opened
    await breath()
  }
}
