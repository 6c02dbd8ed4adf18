import { expect, test } from 'bun:test'
import { tokensFrom } from '../../src/api/auth.ts'
import { madeIncident, madeReport } from '../db/made.ts'
import { openService, pointers, refusal } from './service.ts'

const service = await openService({ auth: tokensFrom({ LOGBERT_TOKENS_OPERATOR: 'hand' }) })
const { db } = service
const say = (body: unknown, report = 'report-1', token = 'hand') =>
  service.app.request(`/rca/${report}/feedback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })
const said = (body: unknown) =>
  service.json(say(body), ...(['post', '/rca/{id}/feedback', 201] as const))

const answered = (path: string, shape: string) =>
  service.json(service.get(path, { authorization: 'Bearer hand' }), 'get', shape)

db.incidents.put(madeIncident(1))
db.reports.put(madeReport(1))

test('people say whether a report helped and what it was; the last word counts, and who listens is told', async () => {
  const first = await said({ helpful: true, note: 'the right one' })
  expect(first).toMatchObject({ report: 'report-1', incident: 'incident-1', by: 'operator' })
  const named = { kind: 'service', name: 'db' }
  expect((await said({ helpful: false, trueCause: named })).trueCause).toEqual(named)
  const last = await said({ helpful: false, trueCause: '  a cable ' })
  expect(last.trueCause).toBe('a cable')
  expect(db.reportFeedback.get('report-1')).toEqual(last)
  expect(last).not.toHaveProperty('note')
  const told = db.events.after(0, 10).map(({ type, data }) => [type, JSON.parse(data).feedback])
  const [shown] = (await answered('/rca', '/rca')).items
  expect(shown.feedback).toEqual(last)
  expect((await answered('/rca/report-1', '/rca/{id}')).feedback).toEqual(last)
  expect(told).toHaveLength(3)
  expect(told[2]).toEqual(['rca', last])
})

test('what is wrong with it is named, and nothing is kept of it', async () => {
  const before = db.reportFeedback.get('report-1')
  const faults = async (body: unknown) => {
    const problem = await refusal(say(body))
    return [problem.status, ...pointers(problem)]
  }
  expect(await faults({})).toEqual([422, '/helpful'])
  expect(await faults({ helpful: 'yes' })).toEqual([422, '/helpful'])
  expect(await faults({ helpful: true, cause: 'x' })).toEqual([422, '/cause'])
  expect(await faults({ helpful: true, trueCause: { kind: 'person', name: 'me' } })).toEqual([
    ...[422, '/trueCause/kind'],
  ])
  expect(await faults({ helpful: true, trueCause: { kind: 'service' } })).toEqual([
    ...[422, '/trueCause/name'],
  ])
  expect(await faults({ helpful: true, trueCause: ' ' })).toEqual([422, '/trueCause'])
  expect(await faults({ helpful: true, trueCause: 7 })).toEqual([422, '/trueCause'])
  expect(await faults({ helpful: true, trueCause: null })).toEqual([422, '/trueCause'])
  expect(await faults({ helpful: true, note: 'x'.repeat(4001) })).toEqual([422, '/note'])
  expect(db.reportFeedback.get('report-1')).toEqual(before)
  const none = await refusal(say({ helpful: true }, 'none'))
  expect([none.status, none.detail]).toEqual([404, expect.stringContaining('GET /rca')])
})
