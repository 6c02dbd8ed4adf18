import { expect, test } from 'bun:test'
import type { Database, Page, PageRequest } from '../../src/db/database.ts'
import { databases, errorOf } from './folder.ts'
import {
  madeAnomaly,
  madeEdit,
  madeFeedback,
  madeIncident,
  madeJob,
  madeReport,
  madeSuppression,
} from './made.ts'

const { open } = databases()

interface List {
  add(db: Database, i: number): void
  list(db: Database, request: PageRequest): Page<{ id: string }>
  id(i: number): string
}

/** Two at a time share their sort key's time. */
const pair = (i: number): number => Math.floor(i / 2)

const lists: Record<string, List> = {
  anomalies: {
    add: (db, i) =>
      db.anomalies.add({ ...madeAnomaly(pair(i)), id: madeAnomaly(i).id }, { stored: i }),
    list: (db, request) => db.anomalies.list(request),
    id: i => madeAnomaly(i).id,
  },
  incidents: {
    add: (db, i) => db.incidents.put({ ...madeIncident(pair(i)), id: `incident-${i}` }),
    list: (db, request) => db.incidents.list(request),
    id: i => `incident-${i}`,
  },
  feedback: {
    add: (db, i) => db.feedback.add({ ...madeFeedback(pair(i)), id: `feedback-${i}` }),
    list: (db, request) => db.feedback.list(request),
    id: i => `feedback-${i}`,
  },
  suppressions: {
    add: (db, i) => db.suppressions.add({ ...madeSuppression(pair(i)), id: `suppression-${i}` }),
    list: (db, request) => db.suppressions.list(request),
    id: i => `suppression-${i}`,
  },
  jobs: {
    add: (db, i) => db.jobs.put({ ...madeJob(pair(i)), id: `job-${i}` }),
    list: (db, request) => db.jobs.list(request),
    id: i => `job-${i}`,
  },
  reports: {
    add: (db, i) => db.reports.put({ ...madeReport(pair(i)), id: `report-${i}` }),
    list: (db, request) => db.reports.list(request),
    id: i => `report-${i}`,
  },
  'template edits': {
    add: (db, i) => db.templateEdits.add({ ...madeEdit(pair(i)), id: `edit-${i}` }),
    list: (db, request) => db.templateEdits.list(request),
    id: i => `edit-${i}`,
  },
}

test.each(Object.entries(lists))(
  'pages of %s give every row once, newest first, while others are added at both ends',
  (_, { add, list, id }) => {
    const db = open()
    for (let i = 100; i < 131; i++) add(db, i)
    const seen: string[] = []
    let newer = 200
    let older = 99
    let cursor: string | null = null
    do {
      const page = list(db, { limit: 4, ...(cursor !== null && { cursor }) })
      expect(page.items.length).toBeLessThanOrEqual(4)
      seen.push(...page.items.map(item => item.id))
      cursor = page.next
      add(db, newer++)
      if (older > 95) add(db, older--)
    } while (cursor !== null)
    // Of two of the same time the one stored later comes first: 98 was stored after 99.
    const wanted = Array.from({ length: 31 }, (_, i) => id(130 - i))
    expect(seen).toEqual([...wanted, id(98), id(99), id(96), id(97)])
  },
)

test.each(Object.entries(lists))('a last page of %s that is full has no next', (_, list) => {
  const db = open()
  for (let i = 0; i < 60; i++) list.add(db, i)
  expect(list.list(db, {}).items.length).toBe(50)
  expect(list.list(db, { limit: 60 }).next).toBeNull()
  expect(list.list(db, { limit: 59 }).next).not.toBeNull()
})

test.each(Object.entries(lists))(
  'limits and cursors of %s that are none are refused',
  (name, it) => {
    const db = open()
    for (let i = 0; i < 3; i++) it.add(db, i)
    const good = it.list(db, { limit: 1 }).next!
    expect(good).toMatch(/^[\w-]+$/)
    const other = Buffer.from(JSON.stringify(['other', 1, 1])).toString('base64url')
    const typed = Buffer.from(JSON.stringify([name, '1', 1])).toString('base64url')
    for (const cursor of ['', 'x', `${good} `, good.slice(0, -2), `${good}AA`, other, typed]) {
      const { code, message } = errorOf(() => it.list(db, { cursor }))
      expect(code).toBe('BAD_INPUT')
      expect(message).toContain(JSON.stringify(cursor))
    }
    for (const limit of [0, -1, 1001, 1.5, Number.NaN]) {
      const { code, message } = errorOf(() => it.list(db, { limit }))
      expect(code).toBe('BAD_INPUT')
      expect(message).toContain(`${limit}`)
    }
  },
)
