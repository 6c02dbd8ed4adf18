import { expect, test } from 'bun:test'
import { madeAnomaly, madeIncident } from '../db/made.ts'
import { parseEvents } from './server.ts'
import { openService, pointers, refusal } from './service.ts'

const service = await openService()
const { get, post, json, db } = service

const rca = (body: unknown, from = service) => from.json(from.post('/rca', body), 'post', '/rca')

for (let i = 0; i < 3; i++) db.anomalies.add(madeAnomaly(i, 3), { stored: 1 })
const incident = madeIncident(1)
db.incidents.put(incident)
for (let i = 0; i < 2; i++) db.anomalies.setIncident(madeAnomaly(i).id, incident.id)

test('the cause of an incident, an anomaly, lines or anomalies is told and kept', async () => {
  const ofIncident = await rca({ incident: incident.id })
  expect(ofIncident.report.anomalies.sort()).toEqual([madeAnomaly(0).id, madeAnomaly(1).id].sort())
  expect(ofIncident.report.firstDeviation.at).toBe(madeAnomaly(0).at)
  const ofAnomaly = await rca({ anomaly: madeAnomaly(2).id })
  expect(ofAnomaly.report.suspects[0]).toMatchObject({ source: madeAnomaly(2).source })
  const logs = ['fine', { message: 'boom here', timestamp: 1e12 }]
  const ofLines = await rca({ logs })
  expect(ofLines.report.summary).toContain('"all is well" was expected')
  const { anomalies } = await (await post('/infer_batch', { logs })).json()
  expect((await rca({ anomalies })).report).toEqual(ofLines.report)
  expect((await rca({ logs: ['fine'] })).report.oddLines).toEqual([])
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

test('words are added where a language model has some; one that fails leaves the facts', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const wordy = await openService({
    narrate: async report => {
      await promise
      return { text: `It began with ${report.firstDeviation!.text}`, sources: ['a#1'] }
    },
  })
  const answer = await wordy.app.request('/rca', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ logs: ['boom'] }),
  })
  const reader = answer.body!.getReader()
  const first = new TextDecoder().decode((await reader.read()).value)
  expect(parseEvents(first).map(({ event }) => event)).toEqual(['report'])
  resolve()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    rest += new TextDecoder().decode(value)
  }
  expect(parseEvents(rest).map(({ event }) => event)).toEqual(['text', 'end'])
  const { id } = JSON.parse(parseEvents(rest)[1]!.data)
  const stored = await wordy.json(wordy.get(`/rca/${id}`), 'get', '/rca/{id}')
  expect(stored.report.narrative).toEqual({ text: 'It began with boom', sources: ['a#1'] })
  expect((await rca({ logs: ['boom'] }, wordy)).report.narrative.text).toContain('boom')

  const broken = await openService({ narrate: () => Promise.reject(new Error('no answer')) })
  const facts = await rca({ logs: ['boom'] }, broken)
  expect(facts.report).not.toHaveProperty('narrative')
  expect(await broken.metric('logbert_rca_text_failures_total')).toBe(1)
  // Nothing odd is nothing to put in words.
  expect((await rca({ logs: ['fine'] }, broken)).report.anomalies).toEqual([])
  expect(await broken.metric('logbert_rca_text_failures_total')).toBe(1)
})
