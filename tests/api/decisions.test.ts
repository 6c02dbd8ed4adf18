import { beforeEach, expect, test } from 'bun:test'
import { shownIncident } from '../../src/core/incident/incident.ts'
import type { Anomaly } from '../../src/core/types.ts'
import type { AnomalyState, StoredAnomaly } from '../../src/db/database.ts'
import { madeAnomaly, madeIncident, saying } from '../db/made.ts'
import { openService, pointers, refusal, type Service } from './service.ts'

let service: Service
beforeEach(async () => {
  service = await openService()
})

const add = (anomaly: Anomaly, templates?: string[], incident?: string): string => {
  const course = templates && { course: { kind: 'key' as const, templates } }
  service.db.anomalies.add(anomaly, { stored: Date.now(), ...course })
  if (incident !== undefined) service.db.anomalies.setIncident(anomaly.id, incident)
  return anomaly.id
}
const states = (...ids: string[]): AnomalyState[] =>
  ids.map(id => service.db.anomalies.get(id)!.state)
const judge = (id: string, body: object) =>
  service.json(
    service.post(`/anomalies/${id}/feedback`, body),
    ...(['post', '/anomalies/{id}/feedback', 201] as const),
  )
const withdraw = (id: string) =>
  service.json(
    service.delete(`/anomalies/${id}/feedback`),
    ...(['delete', '/anomalies/{id}/feedback'] as const),
  )
const suppress = (body: object) =>
  service.json(
    service.post('/suppressions', { reason: 'known', ...body }),
    ...(['post', '/suppressions', 201] as const),
  )

test('"this is normal" teaches the whole session, closes what is alike, and is undone with it', async () => {
  const course = ['open', 'Receiving block <*> src: <*> dest: <*>', 'close']
  const [one, like, other] = [
    add(madeAnomaly(1), course),
    add(madeAnomaly(2), course),
    add(madeAnomaly(3), [...course, 'close']),
  ]
  const said = await judge(one, { verdict: 'normal', reason: 'the nightly job' })
  expect(said).toMatchObject({
    alike: 1,
    feedback: { verdict: 'normal', session: course, kind: 'key', templates: [] },
  })
  expect(states(one, like, other)).toEqual(['normal', 'normal', 'open'])
  expect(service.db.feedback.normals().map(({ session }) => session)).toEqual([course])
  expect(service.pipeline.refreshed).toBeGreaterThan(0)
  const list = await service.json(service.get(`/feedback?anomaly=${one}`), 'get', '/feedback')
  expect(list.items[0]).toMatchObject({ reason: 'the nightly job' })
  const again = await judge(one, { verdict: 'real' })
  expect(again.alike).toBe(0)
  expect(states(one, like, other)).toEqual(['real', 'open', 'open'])
  expect(service.db.feedback.normals()).toEqual([])
  await judge(one, { verdict: 'normal' })
  expect(await withdraw(one)).toMatchObject({ alike: 1 })
  expect(states(one, like, other)).toEqual(['open', 'open', 'open'])
  expect((await refusal(service.delete(`/anomalies/${one}/feedback`))).status).toBe(404)
  expect(await service.metric('logbert_feedback_total{verdict="normal"}')).toBe(2)
})

test('templates that are normal wherever they stand close what is odd by nothing else', async () => {
  const odd = (i: number, template: string, more: Partial<Anomaly> = {}) => {
    const made = madeAnomaly(i, 3, more)
    const lines = made.lines.map(line => (line.odd ? { ...line, template, templateId: 7 } : line))
    return add({ ...made, lines }, [`only ${i}`])
  }
  const missing = [{ templateId: 1, template: 'close', expected: 1, got: 0 }]
  const [one, like, lacks, other] = [
    ...[odd(1, 'cache <*> warm'), odd(2, 'cache <*> warm')],
    ...[odd(3, 'cache <*> warm', { missing }), odd(4, 'disk <*> gone')],
  ] as [string, string, string, string]
  const wrong = await refusal(
    service.post(`/anomalies/${one}/feedback`, { verdict: 'normal', templates: [7, 99] }),
  )
  expect([wrong.status, pointers(wrong)]).toEqual([422, ['/templates/1']])
  const said = await judge(one, { verdict: 'normal', templates: true })
  expect(said.feedback.templates).toEqual(['cache <*> warm'])
  expect(states(one, like, lacks, other)).toEqual(['normal', 'normal', 'open', 'open'])
  const chosen = await judge(other, { verdict: 'normal', templates: [0] })
  expect(chosen.feedback.templates).toEqual(['Receiving block <*> src: <*> dest: <*>'])
})

test('a suppression hides past anomalies, counts them, and gives them back', async () => {
  const [one, two, real] = [
    add(saying(1, 'disk sda1 gone', { source: 'db' })),
    add(saying(2, 'disk sdb1 gone', { source: 'web' })),
    add(saying(3, 'disk sdc1 gone', { source: 'db' })),
  ]
  await judge(real, { verdict: 'real' })
  const bySource = await suppress({ source: 'db', expires: Date.now() + 60_000 })
  expect(bySource.hidden).toBe(1)
  const byText = await suppress({ text: 'disk * gone' })
  expect(byText.hidden).toBe(1)
  expect(states(one, two, real)).toEqual(['suppressed', 'suppressed', 'real'])
  const shown = await service.json(service.get(`/anomalies/${one}`), 'get', '/anomalies/{id}')
  expect(shown.suppressedBy).toBe(bySource.id)
  const gone = await service.json(
    service.delete(`/suppressions/${bySource.id}`),
    ...(['delete', '/suppressions/{id}'] as const),
  )
  expect(gone.id).toBe(bySource.id)
  // What another rule hides, too, stays hidden, by that one.
  expect(service.db.anomalies.get(one)).toMatchObject({ suppressedBy: byText.id })
  await service.delete(`/suppressions/${byText.id}`)
  expect(states(one, two, real)).toEqual(['open', 'open', 'real'])
  // What people said of an anomaly and take back leaves it to the rules.
  const rule = await suppress({ source: 'db' })
  await withdraw(real)
  expect(service.db.anomalies.get(real)).toMatchObject({
    ...{ state: 'suppressed', suppressedBy: rule.id },
  })
})

test('rules are listed with what they hid; faults of new ones are named', async () => {
  const rule = await suppress({ template: 'a <*>', source: 'db' })
  const path = `/suppressions/${rule.id}`
  expect(await service.json(service.get(path), 'get', '/suppressions/{id}')).toEqual(rule)
  const list = await service.json(service.get('/suppressions?active=true'), 'get', '/suppressions')
  expect(list.items).toEqual([rule])
  const faults = async (body: object) =>
    pointers(await refusal(service.post('/suppressions', body)))
  expect(await faults({ reason: 'x' })).toEqual([''])
  expect(await faults({ source: 'db' })).toEqual(['/reason'])
  expect(await faults({ source: 'db', reason: 'x', expires: 5, until: 3 })).toEqual([
    ...['/expires', '/until'],
  ])
  expect(await faults({ source: 'db', reason: 'x', expires: 'soon' })).toEqual(['/expires'])
  expect(await faults({ source: '*', text: ' ', reason: 'x' })).toEqual(['/source', '/text'])
  expect((await refusal(service.get('/suppressions/none'))).status).toBe(404)
  expect((await refusal(service.delete('/suppressions/none'))).status).toBe(404)
})

test('incidents are acknowledged, resolved, reopened and noted; others hear of it', async () => {
  service.db.incidents.put(madeIncident(1))
  const patch = (body: object) =>
    service.json(
      service.patch('/incidents/incident-1', body),
      ...(['patch', '/incidents/{id}'] as const),
    )
  const taken = await patch({ state: 'acknowledged', note: 'looking' })
  expect(taken).toMatchObject({ state: 'acknowledged', note: 'looking' })
  expect(await patch({ state: 'resolved' })).toMatchObject({ state: 'resolved', note: 'looking' })
  expect(await patch({ note: '' })).not.toHaveProperty('note')
  const twice = await refusal(service.patch('/incidents/incident-1', { state: 'resolved' }))
  expect(twice.status).toBe(409)
  await patch({ state: 'open' })
  const told = service.db.events.after(0, 10).map(({ data }) => JSON.parse(data))
  expect(told.map(({ change, incident }) => `${change} ${incident.state}`)).toEqual([
    ...['changed acknowledged', 'changed resolved', 'changed resolved', 'changed open'],
  ])
  const faults = async (body: object) =>
    pointers(await refusal(service.patch('/incidents/incident-1', body)))
  expect(await faults({})).toEqual([''])
  expect(await faults({ state: 'closed', who: 1 })).toEqual(['/state', '/who'])
  expect((await refusal(service.patch('/incidents/none', { note: 'x' }))).status).toBe(404)
})

test('a change that the pipeline overwrites before it has looked is made again', async () => {
  const before = madeIncident(1)
  service.db.incidents.put(before)
  const { refresh } = service.pipeline
  let overwritten = 0
  service.pipeline.refresh = async () => {
    if (overwritten++ === 0) service.db.incidents.put({ ...before, anomalies: 9 })
    await refresh()
  }
  await service.patch('/incidents/incident-1', { state: 'acknowledged' })
  expect(service.db.incidents.get('incident-1')).toMatchObject({
    ...{ state: 'acknowledged', anomalies: 9 },
  })
  // New trouble is no mistake.
  const worse = { ...before, reopened: 1 }
  service.pipeline.refresh = async () => service.db.incidents.put(worse)
  await service.patch('/incidents/incident-1', { state: 'resolved' })
  expect(service.db.incidents.get('incident-1')).toEqual(worse)
})

test('an incident is listed and shown with a page of its anomalies, without what is for grouping only', async () => {
  const memory = { turn: 1 } as never
  service.db.incidents.put(madeIncident(1, { memory }))
  for (let i = 0; i < 5; i++) add(madeAnomaly(i), undefined, 'incident-1')
  const path = '/incidents/incident-1?limit=3'
  const first = await service.json(service.get(path), 'get', '/incidents/{id}')
  expect(first.incident).toEqual(shownIncident(madeIncident(1)))
  const { next } = first.anomalies
  const rest = await service.json(service.get(`${path}&cursor=${next}`), 'get', '/incidents/{id}')
  const ids = [...first.anomalies.items, ...rest.anomalies.items].map(({ id }) => id)
  expect(ids).toEqual([4, 3, 2, 1, 0].map(i => madeAnomaly(i).id))
  const list = await service.json(service.get('/incidents?states=open'), 'get', '/incidents')
  expect(list).toEqual({ items: [madeIncident(1)], next: null })
  expect((await refusal(service.get('/incidents/none'))).status).toBe(404)
})

test('an incident whose anomalies are all normal or hidden is over, and comes back with one of them', async () => {
  service.db.incidents.put(madeIncident(1))
  const [one, two] = [
    add(madeAnomaly(1), ['a'], 'incident-1'),
    add(madeAnomaly(2), ['b'], 'incident-1'),
  ]
  const state = () => service.db.incidents.get('incident-1')!.state
  await judge(one, { verdict: 'normal' })
  expect(state()).toBe('open')
  const { id } = await suppress({ source: madeAnomaly(2).source })
  expect([state(), states(two)]).toEqual(['resolved', ['suppressed']])
  await service.delete(`/suppressions/${id}`)
  expect(state()).toBe('open')
  // One that a person has resolved stays so.
  await service.patch('/incidents/incident-1', { state: 'resolved', note: 'fixed' })
  await withdraw(one)
  expect(state()).toBe('resolved')
})

test('anomalies are found by what they are, a page at a time', async () => {
  for (let i = 0; i < 40; i++) add(madeAnomaly(i))
  const list = (query: string) =>
    service.json<{ items: StoredAnomaly[]; next: string | null }>(
      service.get(`/anomalies?${query}`),
      ...(['get', '/anomalies'] as const),
    )
  const all: string[] = []
  let next: string | null = ''
  do {
    const page: { items: StoredAnomaly[]; next: string | null } = await list(
      `limit=15${next ? `&cursor=${next}` : ''}`,
    )
    all.push(...page.items.map(({ id }) => id))
    next = page.next
  } while (next !== null)
  expect(all).toEqual(Array.from({ length: 40 }, (_, i) => madeAnomaly(39 - i).id))
  const from = new Date(madeAnomaly(10).at).toISOString()
  const some = await list(`from=${from}&to=${madeAnomaly(20).at}&kinds=count,rate&minScore=0.13`)
  expect(some.items.every(({ kind, score }) => /count|rate/.test(kind) && score >= 0.13)).toBe(true)
  expect(some.items.length).toBeGreaterThan(1)
  expect((await list(`source=${madeAnomaly(3).source}`)).items.length).toBe(2)
  expect((await list('states=normal')).items).toEqual([])
  const faults = await refusal(
    service.get('/anomalies?limit=1001&kinds=odd&from=x&minScore=a&states=&colour=red&to=9e99'),
  )
  expect([faults.status, ...pointers(faults)]).toEqual([
    ...[400, '/colour', '/from', '/kinds/0', '/limit', '/minScore', '/states/0', '/to'],
  ])
  expect((await refusal(service.get('/anomalies?cursor=bm9uZQ'))).status).toBe(400)
  expect((await refusal(service.get('/anomalies/none'))).status).toBe(404)
})
