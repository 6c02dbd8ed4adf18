import { expect, test } from 'bun:test'
import { statSync } from 'node:fs'
import type { Database, RetentionRules } from '../../src/db/database.ts'
import { databases } from './folder.ts'
import {
  madeAnomaly,
  madeFeedback,
  madeIncident,
  madeJob,
  madeReport,
  madeSuppression,
  START,
} from './made.ts'

const { open, path } = databases()

const HOUR = 3_600_000
const RULES: RetentionRules = {
  now: START + HOUR,
  maxAgeMs: HOUR,
  maxEvents: 1e9,
  maxAnomalies: 1e9,
}

/** Calls until nothing is left to do; rows gone by table. */
const retainAll = (db: Database, rules: RetentionRules): Record<string, number> => {
  const gone: Record<string, number> = {}
  for (;;) {
    const rows = db.retain(rules)
    if (Object.keys(rows).length === 0) return gone
    for (const [table, n] of Object.entries(rows)) gone[table] = (gone[table] ?? 0) + n
  }
}

test('anomalies go by when they were stored, whatever their lines say of the time', () => {
  const db = open()
  db.transaction(() => {
    // Old logs read today, and lines from the future stored long ago.
    for (let i = 0; i < 200; i++) db.anomalies.add(madeAnomaly(i, 1, { at: 0 }), { stored: START })
    for (let i = 200; i < 500; i++) {
      db.anomalies.add(madeAnomaly(i, 1, { at: 9e12 }), { stored: START - 1 })
    }
  })
  expect(retainAll(db, RULES)).toEqual({ anomalies: 300 })
  expect(db.anomalies.count({ to: 1 })).toBe(200)
  expect([...db.anomalies.each({})].flat().length).toBe(200)
  expect(retainAll(db, { ...RULES, maxAnomalies: 70 })).toEqual({ anomalies: 130 })
  expect(db.anomalies.count({})).toBe(70)
})

test('of events the latest are kept', () => {
  const db = open()
  db.transaction(() => {
    for (let i = 0; i < 5000; i++) db.events.add({ type: 'anomaly', data: '{}' })
  })
  expect(retainAll(db, { ...RULES, maxEvents: 1200 })).toEqual({ events: 3800 })
  expect(db.events.range()).toEqual({ first: 3801, last: 5000 })
})

test('what is over goes by age; what people still need stays', () => {
  const db = open()
  const old = { firstSeen: 1, lastSeen: 2 }
  db.incidents.put(madeIncident(1, { ...old, state: 'resolved', changed: START - 1 }))
  db.incidents.put(madeIncident(2, { ...old, state: 'resolved', changed: START }))
  db.incidents.put(madeIncident(3, { ...old, state: 'open' }))
  db.incidents.put(madeIncident(4, { ...old, state: 'open' }))
  db.anomalies.add(madeAnomaly(1, 1, { incident: 'incident-4' }), { stored: START })
  db.jobs.put(madeJob(1, { state: 'done', created: 1, ended: START - 1 }))
  db.jobs.put(madeJob(2, { state: 'done', created: 1, ended: START }))
  db.jobs.put(madeJob(3, { state: 'running', created: 1 }))
  db.reports.put(madeReport(1, { created: START - 1 }))
  db.reports.put(madeReport(2, { created: START }))
  db.feedback.add(madeFeedback(1, { created: 1 }))
  db.suppressions.add(madeSuppression(1, { created: 1, expires: 2 }))
  expect(retainAll(db, RULES)).toEqual({ incidents: 2, jobs: 1, reports: 1 })
  expect(db.incidents.list({}).items.map(({ id }) => id)).toEqual(['incident-4', 'incident-2'])
  expect(db.jobs.list({}).items.map(({ id }) => id)).toEqual(['job-3', 'job-2'])
  expect(db.reports.list({}).items.map(({ id }) => id)).toEqual(['report-2'])
  expect([db.feedback.normals().length, db.suppressions.list({}).items.length]).toEqual([1, 1])
})

test('much to remove takes many short calls, and its room goes back to the disk', () => {
  const file = path()
  const db = open(file)
  for (let i = 0; i < 6000; i += 500) {
    db.transaction(() => {
      for (let j = i; j < i + 500; j++) db.anomalies.add(madeAnomaly(j, 20), { stored: START })
    })
  }
  const full = statSync(file).size
  const rules = { ...RULES, maxAnomalies: 10 }
  const first = db.retain(rules).anomalies!
  expect(first).toBeGreaterThan(0)
  expect(first).toBeLessThan(5990)
  expect(first + retainAll(db, rules).anomalies!).toBe(5990)
  // What nothing is left to do for shrinks the file, a part with each call.
  for (let calls = 0; calls < 200; calls++) db.retain(rules)
  db.close()
  expect(statSync(file).size).toBeLessThan(full / 2)
  expect(open(file).anomalies.count({})).toBe(10)
}, 30_000)
