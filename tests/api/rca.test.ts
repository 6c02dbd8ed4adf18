import { expect, test } from 'bun:test'
import { madeAnomaly, madeIncident, saying } from '../db/made.ts'
import { openService, pointers, refusal } from './service.ts'

const service = await openService()
const { get, post, json, db, metric } = service

const rca = (body: unknown, from = service) => from.json(from.post('/rca', body), 'post', '/rca')

for (let i = 0; i < 3; i++) db.anomalies.add(madeAnomaly(i, 3), { stored: 1 })
const incident = madeIncident(1)
db.incidents.put(incident)
for (let i = 0; i < 2; i++) db.anomalies.setIncident(madeAnomaly(i).id, incident.id)

test('the cause of an incident, an anomaly, lines or anomalies is told and kept', async () => {
  const ofIncident = await rca({ incident: incident.id })
  expect(ofIncident.report.anomalies.sort()).toEqual([madeAnomaly(0).id, madeAnomaly(1).id].sort())
  expect(ofIncident.report.firstDeviation.at).toBe(madeAnomaly(0).at)
  expect(ofIncident.report).toMatchObject({ found: true, basis: 'anomalies', size: 3, similar: [] })
  const ofAnomaly = await rca({ anomaly: madeAnomaly(2).id })
  const [suspect] = ofAnomaly.report.suspects
  expect(suspect).toMatchObject({ name: madeAnomaly(2).source, kind: 'service', score: 1 })
  const known = ofAnomaly.report.lines.map((each: { id: string }) => each.id)
  expect(known).toEqual(suspect.evidence)
  const logs = ['fine', { message: 'boom here', timestamp: 1e12 }]
  const ofLines = await rca({ logs })
  expect(ofLines.report.summary).toContain('"all is well" was expected')
  const { anomalies } = await (await post('/infer_batch', { logs })).json()
  const { cut, ...same } = (await rca({ anomalies })).report
  expect(ofLines.report).toMatchObject(same)
  expect(cut.notes[0]).toContain('not all of them are stored here')
  expect(await metric('logbert_rca_reports_total{basis="anomalies",found="true"}')).toBe(4)
  expect((await rca({ logs: ['fine'] })).report).toMatchObject({ found: false, suspects: [] })
  const again = await json(get(`/rca/${ofLines.id}`), 'get', '/rca/{id}')
  expect(again).toEqual(ofLines)
  const list = await json(get(`/rca?incident=${incident.id}`), 'get', '/rca')
  expect(list.items.map((each: { id: string }) => each.id)).toEqual([ofIncident.id])
  // What is about stored findings is told to who listens.
  const told = db.events.after(0, 10).map(({ type, data }) => [type, JSON.parse(data).id])
  expect(told).toEqual([
    ['rca', ofIncident.id],
    ['rca', ofAnomaly.id],
  ])
})

test('what is wrong with a request is named; what there is not is not found', async () => {
  const faults = async (body: unknown) => {
    const problem = await refusal(post('/rca', body))
    return [problem.status, ...pointers(problem)]
  }
  expect(await faults({})).toEqual([422, ''])
  expect(await faults({ incident: 'x', anomaly: 'y' })).toEqual([422, '/anomaly'])
  expect(await faults({ logs: [3] })).toEqual([422, '/logs/0'])
  expect(await faults({ anomalies: [{ id: 3 }] })).toContain('/anomalies/0/id')
  expect(await faults({ incident: 'none' })).toEqual([404])
  expect(await faults({ anomaly: 'none' })).toEqual([404])
  expect((await refusal(get('/rca/none'))).status).toBe(404)
})

test('in a batch each has its report or its problem', async () => {
  const items = [{ logs: ['boom'] }, { incident: 'none' }, { anomaly: madeAnomaly(2).id }]
  const answer = await json(post('/rca_batch', { items }), 'post', '/rca_batch')
  expect(answer.items.map((each: object) => Object.keys(each)[0])).toEqual([
    ...['report', 'problem', 'report'],
  ])
  expect(answer.items[1].problem).toMatchObject({ status: 404 })
  const faulty = await refusal(post('/rca_batch', { items: [{ logs: ['a'] }, { colour: 1 }] }))
  expect(pointers(faulty)).toEqual(['/items/1/colour'])
})

test('an incident whose anomalies are gone is said to be so', async () => {
  const old = madeIncident(5)
  db.incidents.put(old)
  const { report } = await rca({ incident: old.id })
  expect(report).toMatchObject({ found: false, suspects: [], lines: [] })
  expect(report.cut.notes).toContain('3 of its 3 anomalies were not looked at')
})

test('reports of earlier versions are read as far as they say the same', async () => {
  const anomaly = madeAnomaly(7)
  const facts = {
    ...{ summary: 'One anomaly, most in a.', oddLines: [], missing: [], anomalies: [anomaly.id] },
    suspects: [{ source: 'a', anomalies: 1, firstSeen: 1, share: 1 }],
  }
  const cause = {
    ...{ found: true, summary: 'Most likely a: it fell silent.', confidence: 0.5, start: 5 },
    suspects: [{ name: 'a', kind: 'service', score: 2, parts: {}, why: 'silence', evidence: [] }],
    ...{ timeline: [], missing: [], cut: { lines: 3, left: 0, notes: [] } },
    impact: { lines: 3, services: ['a'], traces: 1, affected: 1 },
  }
  const put = (id: string, report: Record<string, unknown>) =>
    db.reports.put({ id, incident: 'old', created: 1, report })
  put('old-1', facts)
  put('old-2', { ...facts, cause, size: 4 })
  put('other', { found: true, basis: 'lines', suspects: 'none', summary: 'by somebody' })
  put('old-3', { nothing: 'of the kind', suspects: 7, summary: 3 })
  const { items } = await json(get('/rca?incident=old'), 'get', '/rca')
  const told = new Map(
    items.map((each: { id: string; report: object }) => [each.id, each.report] as const),
  )
  expect(told.get('old-1')).toMatchObject({ summary: facts.summary, anomalies: [anomaly.id] })
  expect(told.get('old-2')).toMatchObject({ found: true, suspects: cause.suspects, size: 4 })
  expect(told.get('old-3')).toMatchObject({ found: false, suspects: [] })
  expect(told.get('other')).toMatchObject({ found: false, suspects: [], summary: 'by somebody' })
  const words = await get('/rca/old-2', { accept: 'text/markdown' })
  expect(await words.text()).toContain('Most likely a')
})

test('a report names past incidents like its own, with what people wrote of them until now', async () => {
  const reportOn = async (i: number) => {
    const own = madeIncident(i)
    db.incidents.put(own)
    db.anomalies.add(saying(i, 'disk gone'), { stored: 1 })
    db.anomalies.setIncident(saying(i, '').id, own.id)
    return rca({ incident: own.id })
  }
  await reportOn(21)
  const { id, report } = await reportOn(41)
  const [like] = report.similar
  expect(like).toMatchObject({ incident: 'incident-21', state: 'open' })
  db.incidents.put(madeIncident(21, { state: 'resolved', note: 'A new disk.' }))
  const later = await json(get(`/rca/${id}`), 'get', '/rca/{id}')
  expect(later.report.similar[0]).toMatchObject({ state: 'resolved', note: 'A new disk.' })
})

test('a report that other nodes could not be told of stands, and is counted', async () => {
  const own = await openService()
  own.db.anomalies.add(madeAnomaly(0, 3), { stored: 1 })
  own.deps.shareReport = () => Promise.reject(new Error('the brokers are away'))
  const { id } = await rca({ anomaly: madeAnomaly(0).id }, own)
  expect((await own.get(`/rca/${id}`)).status).toBe(200)
  expect(await own.metric('logbert_rca_unshared_total')).toBe(1)
})
