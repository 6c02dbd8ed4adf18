import { expect, test } from 'bun:test'
import { findSimilar, refreshSimilar } from '../../src/api/similar-incidents.ts'
import type { KeptReport } from '../../src/core/rca/types.ts'
import { databases } from '../db/folder.ts'
import { madeAnomaly, madeIncident, START } from '../db/made.ts'

const { open } = databases()

/** A report that accuses a service because of one kind of line. */
const reportOn = (service: string, template: string): KeptReport => ({
  ...{ found: true, summary: `Most likely ${service}`, confidence: 0.7, basis: 'lines' },
  suspects: [
    { name: service, kind: 'service', score: 3, parts: { error: 3 }, why: 'lines', evidence: [] },
  ],
  signs: [{ kind: 'error', service, template, weight: 1 }],
  ...{ timeline: [], missing: [], lines: [], anomalies: [], similar: [] },
  impact: { lines: 1, services: [service], traces: 0, affected: 0 },
  cut: { lines: 1, left: 0, notes: [] },
})

const pool = (host: string) => reportOn('orders', `connection pool of ${host} exhausted`)
const disk = reportOn('index', 'no space left on device')

const stored = () => {
  const db = open()
  const past = (i: number, report: KeptReport): string => {
    db.incidents.put(madeIncident(i))
    const made = { id: `report-${i}`, incident: `incident-${i}`, created: START + i }
    db.reports.put({ ...made, report: { ...report } })
    return made.id
  }
  return {
    db,
    past,
    names: (report: KeptReport, of?: string) =>
      findSimilar(db, report, of).map(({ incident }) => incident),
  }
}

test('a report finds past incidents like its own, with what people wrote, and never its own', () => {
  const { db, past, names } = stored()
  past(1, pool('db-3'))
  past(2, disk)
  past(3, pool('db-4'))
  db.incidents.put(madeIncident(1, { state: 'resolved', note: 'Raised the limit of db-3.' }))
  const [first, ...others] = findSimilar(db, pool('db-9'), 'incident-3')
  expect(others).toEqual([])
  expect(first).toMatchObject({
    ...{ incident: 'incident-1', report: 'report-1', state: 'resolved', suspect: 'orders' },
    ...{ note: 'Raised the limit of db-3.', at: madeIncident(1).firstSeen },
  })
  expect(first!.score).toBeGreaterThan(0.8)
  // An anomaly of an incident is of that incident.
  db.anomalies.add(madeAnomaly(1), { stored: 1 })
  db.anomalies.setIncident(madeAnomaly(1).id, 'incident-1')
  expect(names({ ...pool('db-9'), anomalies: [madeAnomaly(1).id] })).toEqual(['incident-3'])
  expect(names(reportOn('mailer', 'mail bounced'))).toEqual([])
})

test('the true cause that people told is shown in place of the suspect, and what did not help counts half', () => {
  const { db, past } = stored()
  past(1, pool('db-3'))
  past(2, pool('db-4'))
  const [best] = findSimilar(db, pool('db-9'), undefined)
  const say = { incident: best!.incident, report: best!.report, created: START + 50 }
  const cause = { kind: 'component' as const, name: 'the cable' }
  db.reportFeedback.put({ ...say, helpful: false, trueCause: cause, note: 'look at the switch' })
  const again = findSimilar(db, pool('db-9'), undefined)
  expect(again[0]!.incident).not.toBe(best!.incident)
  expect(again[1]).toMatchObject({
    ...{ incident: best!.incident, suspect: 'the cable', cause: 'the cable', helpful: false },
    feedback: 'look at the switch',
  })
  expect(again[1]!.score).toBeCloseTo(best!.score / 2, 2)
  // What is said of a later report of the incident counts for it.
  db.reportFeedback.put({ ...say, report: 'later', created: START + 60, helpful: true })
  expect(findSimilar(db, pool('db-9'), undefined)[0]!.score).toBe(best!.score)
})

test('what was told of them is brought up to what is known now', () => {
  const { db, past } = stored()
  past(1, pool('db-3'))
  db.incidents.put(madeIncident(1, { note: 'looking' }))
  const told = findSimilar(db, pool('db-9'), undefined)
  expect(told[0]).toMatchObject({ state: 'open', note: 'looking' })
  db.incidents.put(madeIncident(1, { state: 'resolved' }))
  const [now] = refreshSimilar(db, told)
  expect(now).toMatchObject({ state: 'resolved', suspect: 'orders', score: told[0]!.score })
  expect(now).not.toHaveProperty('note')
  const gone = { ...told[0]!, incident: 'gone' }
  expect(refreshSimilar(db, [gone])).toEqual([gone])
})
