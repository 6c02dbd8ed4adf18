import { expect, test } from 'bun:test'
import { databases, errorOf } from './folder.ts'
import {
  madeAnomaly,
  madeEdit,
  madeFeedback,
  madeIncident,
  madeJob,
  madeReport,
  madeSuppression,
  START,
} from './made.ts'

const { open, path } = databases()
const idsOf = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id)

test('all that is stored is there again when the file is opened again, word for word', () => {
  const file = path()
  const db = open(file)
  const anomaly = madeAnomaly(1, 3, { source: 'a\0b', session: '\ud800 é 😀', incident: 'i1' })
  db.anomalies.add(anomaly, { stored: 5, suppressedBy: 's1' })
  db.incidents.put(madeIncident(1))
  db.feedback.add(madeFeedback(1, { reason: 'drill', by: 'ann' }))
  db.suppressions.add(madeSuppression(1, { expires: 9 }))
  db.jobs.put(madeJob(1, { error: { code: 'LIMIT', message: 'too long' } }))
  db.reports.put(madeReport(1))
  db.templateEdits.add(madeEdit(1))
  db.close()

  const again = open(file)
  expect(again.anomalies.get(anomaly.id)).toEqual({
    ...anomaly,
    state: 'suppressed',
    suppressedBy: 's1',
    stored: 5,
  })
  expect(again.incidents.get('incident-1')).toEqual(madeIncident(1))
  expect(again.feedback.get('feedback-1')).toEqual(madeFeedback(1, { reason: 'drill', by: 'ann' }))
  expect(again.suppressions.get('suppression-1')).toEqual({
    ...madeSuppression(1, { expires: 9 }),
    hidden: 0,
  })
  expect(again.jobs.get('job-1')).toEqual(
    madeJob(1, { error: { code: 'LIMIT', message: 'too long' } }),
  )
  expect(again.reports.get('report-1')).toEqual(madeReport(1))
  expect(again.templateEdits.all()).toEqual([madeEdit(1)])
})

test('what is not there is undefined, and removing it says so', () => {
  const db = open()
  expect(db.anomalies.get('none')).toBeUndefined()
  expect(db.incidents.get('none')).toBeUndefined()
  expect(db.feedback.get('none')).toBeUndefined()
  expect(db.suppressions.get('none')).toBeUndefined()
  expect(db.jobs.get('none')).toBeUndefined()
  expect(db.reports.get('none')).toBeUndefined()
  expect(db.pipeline.checkpoint()).toBeUndefined()
  expect(db.anomalies.setState('none', 'real')).toBe(false)
  expect(db.feedback.remove('none')).toBe(false)
  expect(db.suppressions.remove('none')).toBe(false)
  expect(db.templateEdits.remove('none')).toBe(false)
})

test('an incident that changes stays one and moves in time', () => {
  const { incidents } = open()
  for (let i = 0; i < 3; i++) incidents.put(madeIncident(i))
  incidents.put(madeIncident(0, { lastSeen: START + 900_000, state: 'resolved', anomalies: 9 }))
  expect(idsOf(incidents.list({}).items)).toEqual(['incident-0', 'incident-2', 'incident-1'])
  expect(incidents.get('incident-0')!.anomalies).toBe(9)
  expect(idsOf(incidents.recent(START + 150_000))).toEqual(['incident-2', 'incident-0'])
})

test('incidents are found by state, source, overlapping time and text', () => {
  const { incidents } = open()
  incidents.put(
    madeIncident(1, {
      sources: ['a"b', 'web,1'].map(source => ({ source, anomalies: 1, firstSeen: START })),
    }),
  )
  incidents.put(madeIncident(2, { state: 'acknowledged', title: 'ÄRGER in db-1' }))
  incidents.put(madeIncident(10, { state: 'resolved' }))
  const found = (query: Parameters<typeof incidents.list>[0]) => idsOf(incidents.list(query).items)
  expect(found({ states: ['open', 'acknowledged'] })).toEqual(['incident-2', 'incident-1'])
  expect(found({ source: 'a"b' })).toEqual(['incident-1'])
  expect(found({ source: 'web' })).toEqual([])
  expect(found({ source: 'node-1' })).toEqual([])
  expect(found({ text: 'ärger' })).toEqual(['incident-2'])
  expect(found({ text: '%' })).toEqual([])
  expect(found({ from: START + 150_000, to: START + 600_000 })).toEqual(['incident-2'])
  expect(found({ from: START + 150_000, to: START + 600_001 })).toEqual([
    'incident-10',
    'incident-2',
  ])
})

test('events rise, are read after an id and never take one twice', () => {
  const file = path()
  const db = open(file)
  expect(db.events.range()).toEqual({ first: 0, last: 0 })
  const event = {
    type: 'anomaly',
    data: '{"a":1}',
    kind: 'count',
    source: 'a\0b',
    score: 1,
  } as const
  expect(db.events.add(event)).toBe(1)
  expect(db.events.add({ type: 'train', data: '{}' })).toBe(2)
  expect(db.events.after(0, 10)).toEqual([
    { id: 1, ...event },
    { id: 2, type: 'train', data: '{}' },
  ])
  expect(db.events.after(0, 1).map(({ id }) => id)).toEqual([1])
  db.retain({ now: 0, maxAgeMs: 0, maxAnomalies: 0, maxEvents: 0 })
  expect(db.events.range()).toEqual({ first: 3, last: 2 })
  db.close()
  const again = open(file)
  expect(again.events.add({ type: 'train', data: '{}' })).toBe(3)
  expect(again.events.range()).toEqual({ first: 3, last: 3 })
})

test('feedback is listed by anomaly, and what people called normal in the order they said it', () => {
  const { feedback } = open()
  feedback.add(madeFeedback(3))
  feedback.add(madeFeedback(1, { verdict: 'real' }))
  feedback.add(madeFeedback(0))
  expect(idsOf(feedback.list({}).items)).toEqual(['feedback-3', 'feedback-1', 'feedback-0'])
  expect(idsOf(feedback.list({ anomaly: madeFeedback(0).anomaly }).items)).toEqual([
    'feedback-3',
    'feedback-0',
  ])
  expect(idsOf(feedback.normals())).toEqual(['feedback-0', 'feedback-3'])
  expect(feedback.remove('feedback-0')).toBe(true)
  expect(idsOf(feedback.normals())).toEqual(['feedback-3'])
  expect(errorOf(() => feedback.add(madeFeedback(3)))).toMatchObject({ code: 'CONFLICT' })
})

test('suppressions hold until they expire and count what they hide', () => {
  const { suppressions } = open()
  suppressions.add(madeSuppression(1))
  suppressions.add(madeSuppression(2, { expires: 100 }))
  suppressions.countHidden('suppression-1', 3)
  suppressions.countHidden('suppression-1', 2)
  expect(suppressions.active(99).map(({ id, hidden }) => [id, hidden])).toEqual([
    ['suppression-1', 5],
    ['suppression-2', 0],
  ])
  expect(idsOf(suppressions.active(100))).toEqual(['suppression-1'])
  expect(idsOf(suppressions.list({ active: 100 }).items)).toEqual(['suppression-1'])
  expect(idsOf(suppressions.list({}).items)).toEqual(['suppression-2', 'suppression-1'])
  expect(suppressions.remove('suppression-1')).toBe(true)
  expect(suppressions.active(100)).toEqual([])
})

test('jobs change in place; those not over come oldest first', () => {
  const { jobs } = open()
  for (let i = 0; i < 4; i++) jobs.put(madeJob(i))
  jobs.put(madeJob(0, { state: 'done', ended: START + 9, result: { version: 'v' } }))
  jobs.put(madeJob(2, { state: 'running', started: START + 8 }))
  expect(jobs.get('job-0')!.result).toEqual({ version: 'v' })
  expect(idsOf(jobs.unfinished())).toEqual(['job-1', 'job-2', 'job-3'])
  expect(idsOf(jobs.list({}).items)).toEqual(['job-3', 'job-2', 'job-1', 'job-0'])
  expect(idsOf(jobs.list({ states: ['running', 'done'] }).items)).toEqual(['job-2', 'job-0'])
})

test('reports are listed by incident', () => {
  const { reports } = open()
  for (let i = 0; i < 3; i++) reports.put(madeReport(i))
  reports.put(madeReport(0, { report: { cause: 'network' } }))
  expect(idsOf(reports.list({ incident: 'incident-0' }).items)).toEqual(['report-2', 'report-0'])
  expect(reports.get('report-0')!.report).toEqual({ cause: 'network' })
})

test('template edits are applied in the order they were made, and can be taken back', () => {
  const { templateEdits } = open()
  for (const i of [2, 0, 1]) templateEdits.add(madeEdit(i))
  expect(idsOf(templateEdits.all())).toEqual(['edit-2', 'edit-0', 'edit-1'])
  expect(templateEdits.remove('edit-0')).toBe(true)
  expect(idsOf(templateEdits.list({}).items)).toEqual(['edit-2', 'edit-1'])
})

test('a checkpoint replaces the one before and the ticks since', () => {
  const { pipeline } = open()
  const state = new Uint8Array(20 << 20).map((_, i) => i % 251)
  const checkpoint = { next: { 0: 5, 3: 2 }, model: { name: 'a', version: 'b' }, created: 1 }
  pipeline.saveCheckpoint({ ...checkpoint, state: new Uint8Array(3) })
  pipeline.addTick({ partition: 3, next: 9, ms: 500 })
  pipeline.addTick({ partition: 0, next: 7, ms: 600.5 })
  expect(pipeline.ticks()).toEqual([
    { partition: 3, next: 9, ms: 500 },
    { partition: 0, next: 7, ms: 600.5 },
  ])
  pipeline.saveCheckpoint({ ...checkpoint, created: 2, state })
  expect(pipeline.ticks()).toEqual([])
  const kept = pipeline.checkpoint()!
  expect(Buffer.from(kept.state).equals(Buffer.from(state))).toBe(true)
  expect({ ...kept, state: undefined }).toEqual({ ...checkpoint, created: 2, state: undefined })
})
