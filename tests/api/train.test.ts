import { expect, test } from 'bun:test'
import { openService, pointers, refusal } from './service.ts'

const service = await openService()
const { get, post, json, asked } = service

test('a job is asked for by file, by a stretch of the bus, or with the log itself', async () => {
  const options = { epochs: 2, promote: 'manual', network: { hidden: 64 }, window: 20 }
  const answer = await post('/train', { file: 'a.log', ...options })
  const job = await json(answer, 'post', '/train', 202)
  expect(answer.headers.get('location')).toBe(`/train/${job.id}`)
  expect(asked.at(-1)).toEqual({ source: { file: 'a.log' }, options } as never)
  const bus = { from: '2026-01-05T08:00:00Z', to: Date.UTC(2026, 0, 6) }
  await json(post('/train', { bus, labels: 'l.csv' }), 'post', '/train', 202)
  expect(asked.at(-1)).toEqual({ source: { bus }, options: { labels: 'l.csv' } } as never)
  const query = 'epochs=3&name=other&network.hidden=32&session=none'
  await json(post(`/train?${query}`, 'one\ntwo', 'text/plain'), 'post', '/train', 202)
  expect(asked.at(-1)).toMatchObject({
    text: 'one\ntwo',
    options: { epochs: 3, name: 'other', network: { hidden: 32 }, session: 'none' },
  })
})

test('every fault of a request is named, and no job is made', async () => {
  const before = asked.length
  const faults = async (answer: Promise<Response> | Response) => {
    const problem = await refusal(answer)
    return [problem.status, ...pointers(problem)]
  }
  expect(await faults(post('/train', { file: '', epochs: -1, colour: 1 }))).toEqual([
    ...[422, '/colour', '/epochs', '/file'],
  ])
  expect(await faults(post('/train', {}))).toEqual([422, ''])
  expect(await faults(post('/train', { file: 'a', bus: {} }))).toEqual([422, ''])
  expect(await faults(post('/train', { bus: { from: 'monday' } }))).toEqual([422, '/bus/from'])
  expect(await faults(post('/train?epochs=1', { file: 'a' }))).toEqual([400, '/epochs'])
  expect(await faults(post('/train?epochs=x&hue=1', 'a', 'text/plain'))).toEqual([
    ...[422, '/epochs', '/hue'],
  ])
  expect(await faults(post('/train', '{"file":'))).toEqual([400])
  expect(await faults(post('/train', 'a=b', 'application/x-www-form-urlencoded'))).toEqual([415])
  const headers = { 'content-type': 'text/plain', 'content-length': '0' }
  const empty = service.app.request('/train', { method: 'POST', headers })
  expect(await faults(empty)).toEqual([400])
  expect(await faults(post('/train', { file: 'nowhere.log' }))).toEqual([400])
  expect(asked.length).toBe(before)
})

test('an upload beyond the limit is refused, whether its length is told or found', async () => {
  const before = asked.length
  expect((await refusal(post('/train', 'x'.repeat(20_000), 'text/plain'))).status).toBe(413)
  let sent = 0
  const body = new ReadableStream({
    pull(controller) {
      sent += 1000
      controller.enqueue(new Uint8Array(1000).fill(97))
    },
  })
  const headers = { 'content-type': 'application/octet-stream' }
  const endless = service.app.request('/train', { method: 'POST', body, headers } as RequestInit)
  expect((await refusal(endless)).status).toBe(413)
  expect(sent).toBeLessThan(20_000)
  expect(asked.length).toBe(before)
})

test('jobs are listed newest first, looked at one by one, and cancelled', async () => {
  const all = await json(get('/train?limit=2'), 'get', '/train')
  expect(all.items.map((job: { id: string }) => job.id)).toEqual(['3', '2'])
  const rest = await json(get(`/train?cursor=${all.next}`), 'get', '/train')
  expect(rest.items.map((job: { id: string }) => job.id)).toEqual(['1'])
  expect(await json(get('/train/1'), 'get', '/train/{id}')).toMatchObject({ state: 'waiting' })
  const gone = await json(service.delete('/train/1'), 'delete', '/train/{id}')
  expect(gone).toMatchObject({ state: 'cancelled' })
  expect((await service.delete('/train/1')).status).toBe(200)
  const left = await json(get('/train?states=waiting,running'), 'get', '/train')
  expect(left.items.length).toBe(2)
  expect((await refusal(get('/train/9'))).status).toBe(404)
  expect((await refusal(service.delete('/train/9'))).status).toBe(404)
  expect(pointers(await refusal(get('/train?states=done,odd&limit=0')))).toEqual([
    ...['/limit', '/states/1'],
  ])
})

test('too many jobs are told to come later', async () => {
  while (asked.length < 100) asked.push(asked[0]!)
  const answer = await post('/train', { file: 'a.log' })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '5'])
})
