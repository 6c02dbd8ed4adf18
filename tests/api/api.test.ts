import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testFolder } from '../cli/folder.ts'
import { readEvents, type TestServer, testServer } from './server.ts'

const { path: folder } = testFolder()
const small =
  'server: { maxBodyBytes: 4096, maxBatchLines: 50, maxUploadBytes: 10000, maxClients: 2, ' +
  'keptEvents: 50, heartbeatSeconds: 0.05 }'
let server: TestServer

beforeAll(async () => {
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'good.log'), 'fine\n')
  writeFileSync(join(folder, 'data', 'bad.log'), 'bad\n')
  writeFileSync(join(folder, 'data', 'slow.log'), 'slow\n')
  writeFileSync(join(folder, 'secret.log'), 'secret\n')
  server = await testServer(folder, { yaml: small })
})
afterAll(() => server.stop())

interface Problem {
  status: number
  detail: string
  errors?: { pointer: string; detail: string }[]
}

/** The problem that a refused request is answered with. */
const refusal = async (answer: Promise<Response>): Promise<Problem> => {
  const response = await answer
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = (await response.json()) as Problem
  expect(response.status).toBe(problem.status)
  return problem
}

interface Job {
  id: string
  state: string
}

const metric = async (name: string): Promise<number> => {
  const text = await (await server.get('/metrics')).text()
  const line = text.split('\n').find(each => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await Bun.sleep(5)
}

test('healthz says that it lives and which model is served', async () => {
  const health = (await (await server.get('/healthz')).json()) as { model: { name: string } }
  expect(health).toMatchObject({ status: 'ok', model: { name: 'default' } })
})

test('lines as text, NDJSON and JSON reach the detector, anomalies come as events', async () => {
  const listening = await server.get('/events')
  const sent: [unknown, string][] = [
    ['fine\nboom text\n', 'text/plain'],
    ['"boom quoted"\n{"message":"boom ndjson","source":"db"}\n', 'application/x-ndjson'],
    [['boom array', { log: 'boom log', timestamp: '2026-01-05T08:00:00Z' }], 'application/json'],
    [{ logs: ['boom logs'] }, 'application/json'],
  ]
  for (const [body, type] of sent) {
    const response = await server.post('/logs?source=web', body, type)
    expect(response.status).toBe(202)
  }
  const events = await readEvents(
    listening,
    all => all.filter(event => event.event === 'anomaly').length === 6,
  )
  const anomalies = events.filter(e => e.event === 'anomaly').map(e => JSON.parse(e.data))
  expect(anomalies.map(each => `${each.source} ${each.lines[0].text}`)).toEqual([
    'web boom text',
    'web boom quoted',
    'db boom ndjson',
    'web boom array',
    'web boom log',
    'web boom logs',
  ])
  expect(anomalies[4].at).toBe(Date.UTC(2026, 0, 5, 8))
})

test('Last-Event-ID goes on without a gap', async () => {
  const first = await server.get('/events')
  await server.post('/logs', 'boom 1\nboom 2\nboom 3', 'text/plain')
  const seen = await readEvents(first, all => all.filter(e => e.event === 'anomaly').length === 3)
  const [one] = seen.filter(event => event.event === 'anomaly')
  const again = await server.get('/events', { 'last-event-id': one!.id })
  const rest = await readEvents(again, all => all.filter(e => e.event === 'anomaly').length === 2)
  const texts = rest
    .filter(event => event.event === 'anomaly')
    .map(event => JSON.parse(event.data).lines[0].text)
  expect(texts).toEqual(['boom 2', 'boom 3'])
})

test('what was overwritten before it was read is told as a gap', async () => {
  const first = await server.get('/events')
  const boom = (count: number) => Array.from({ length: count }, () => 'boom').join('\n')
  await server.post('/logs', boom(1), 'text/plain')
  const [one] = await readEvents(first, all => all.some(event => event.event === 'anomaly'))
  const before = await metric('logbert_lines_total')
  for (let i = 0; i < 3; i++) await server.post('/logs', boom(40), 'text/plain')
  await until(async () => (await metric('logbert_lines_total')) >= before + 120)
  const again = await server.get('/events', { 'last-event-id': one!.id })
  const [gap] = await readEvents(again, all => all.length >= 50)
  expect(gap!.event).toBe('gap')
  expect(JSON.parse(gap!.data).lost).toBeGreaterThanOrEqual(70)
})

test('a quiet stream has heartbeats, and clients are bounded', async () => {
  const [one, two] = [await server.get('/events'), await server.get('/events')]
  expect((await refusal(server.get('/events'))).status).toBe(503)
  for (const each of [one, two]) await readEvents(each, (_, text) => text.includes(': still here'))
  await until(async () => (await metric('logbert_sse_clients')) === 0)
})

test('infer_batch and rca answer at once and keep no state', async () => {
  const logs = ['fine', 'boom here', 'fine']
  const first = await (await server.post('/infer_batch', { logs })).json()
  const second = await (await server.post('/infer_batch', { logs })).json()
  expect(first.anomalies.map((each: { id: string }) => each.id)).toEqual(
    second.anomalies.map((each: { id: string }) => each.id),
  )
  expect(first).toMatchObject({ lines: 3, anomalies: [{ lines: [{ line: 2 }] }] })
  const cause = await (await server.post('/rca', { anomalies: first.anomalies })).json()
  expect(cause).toMatchObject({
    firstDeviation: { text: 'boom here', expected: [{ template: 'all is well', p: 0.9 }] },
    suspects: [{ source: 'http', anomalies: 1, share: 1 }],
  })
  expect(cause.summary).toContain('"all is well" was expected')
  const posted = await (await server.post('/rca', { logs })).json()
  expect(posted.firstDeviation.text).toBe('boom here')
  expect((await (await server.post('/rca', { logs: ['fine'] })).json()).oddLines).toEqual([])
})

test('requests with faults name every one of them by its path', async () => {
  const items = await refusal(server.post('/infer_batch', { logs: ['a', 3, { message: 4 }] }))
  expect(items.errors?.map(fault => fault.pointer)).toEqual(['/logs/1', '/logs/2'])
  const options = await refusal(server.post('/train', { file: '', epochs: -1, colour: 1 }))
  expect(options.errors?.map(fault => fault.pointer).sort()).toEqual([
    '/colour',
    '/epochs',
    '/file',
  ])
  const shape = await refusal(server.post('/rca', { anomalies: [{ id: 3 }] }))
  expect(shape.errors?.some(fault => fault.pointer === '/anomalies/0/id')).toBe(true)
  expect((await refusal(server.post('/infer_batch', '{"logs":'))).detail).toContain('no JSON')
  expect((await refusal(server.post('/infer_batch', {}))).errors?.[0]?.pointer).toBe('/logs')
  expect((await refusal(server.get('/nowhere'))).status).toBe(404)
})

test('bodies and batches beyond the limits are refused and counted by reason', async () => {
  const refused = 'logbert_refused_total{reason='
  const before = await metric(`${refused}"body_too_large"}`)
  expect((await refusal(server.post('/logs', 'x'.repeat(5000), 'text/plain'))).status).toBe(413)
  expect((await refusal(server.post('/logs', '\n'.repeat(60), 'text/plain'))).status).toBe(413)
  const stream = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(2000).fill(97))
    },
  })
  const endless = fetch(`${server.url}/logs`, { method: 'POST', body: stream })
  expect((await refusal(endless)).status).toBe(413)
  expect(await metric(`${refused}"body_too_large"}`)).toBe(before + 2)
  expect(await metric(`${refused}"too_many_lines"}`)).toBe(1)
})

test('training runs in the background and its model is served at once', async () => {
  const started = await server.post('/train', { file: 'good.log' })
  expect(started.status).toBe(202)
  const job = (await started.json()) as Job
  expect(started.headers.get('location')).toBe(`/train/${job.id}`)
  const state = async (id: string) => (await (await server.get(`/train/${id}`)).json()) as Job
  await until(async () => (await state(job.id)).state === 'done')
  expect(await state(job.id)).toMatchObject({
    bundle: { name: 'default' },
    progress: { phase: 'learning' },
    request: { file: 'good.log' },
  })
  const bad = (await (await server.post('/train?name=other', 'bad', 'text/plain')).json()) as Job
  await until(async () => (await state(bad.id)).state === 'failed')
  expect(await state(bad.id)).toMatchObject({ error: { code: 'BAD_INPUT' } })
  expect(await metric('training_runs_total{state="done"}')).toBe(1)
})

test('a model that cannot be served fails its job, and the old one goes on', async () => {
  const job = (await (await server.post('/train', 'gone', 'text/plain')).json()) as Job
  const state = async () => (await (await server.get(`/train/${job.id}`)).json()) as Job
  await until(async () => (await state()).state === 'failed')
  expect(await state()).toMatchObject({
    error: { code: 'NOT_SERVED', message: expect.stringContaining('default@gone') },
  })
  expect((await server.post('/infer_batch', { logs: ['boom'] })).status).toBe(200)
})

test('a running training can be cancelled', async () => {
  const { id } = (await (await server.post('/train', { file: 'slow.log' })).json()) as Job
  const answer = await fetch(`${server.url}/train/${id}`, { method: 'DELETE' })
  expect(await answer.json()).toMatchObject({ state: 'cancelled' })
  expect((await refusal(server.get('/train/999'))).status).toBe(404)
})

test('files outside the data folder cannot be trained on', async () => {
  for (const file of ['../secret.log', join(folder, 'secret.log'), 'nowhere.log', '.']) {
    const problem = await refusal(server.post('/train', { file }))
    expect(problem.errors?.[0]?.pointer).toBe('/file')
  }
  const large = await refusal(server.post('/train', 'x'.repeat(20_000), 'text/plain'))
  expect(large.status).toBe(413)
})

test('pages of other sites and names that point here are refused', async () => {
  expect((await refusal(server.get('/healthz', { origin: 'http://evil.test' }))).status).toBe(403)
  expect((await refusal(server.get('/healthz', { host: 'evil.test' }))).status).toBe(403)
  expect((await server.get('/healthz', { origin: server.url })).status).toBe(200)
})

test('the page comes with its parts and a policy that allows no inline script', async () => {
  const page = await server.get('/')
  const html = await page.text()
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
  expect(html).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style="/)
  for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    expect((await server.get(path!)).status).toBe(200)
  }
  expect(await (await server.get('/page.js')).text()).not.toContain('innerHTML')
})

test('metrics carry the names that dashboards know', async () => {
  const text = await (await server.get('/metrics')).text()
  for (const name of [
    'training_runs_total',
    'training_epochs_total',
    'training_loss',
    'training_precision',
    'training_recall',
    'training_f1_score',
    'training_roc_auc',
    'training_gradient_norm',
    'training_learning_rate',
    'inference_runs_total',
    'inference_anomalies_detected',
    'inference_entropy_mean',
    'inference_entropy_max',
    'inference_distance_mean',
    'inference_distance_max',
    'inference_latency_seconds',
  ]) {
    expect(text).toContain(`# TYPE ${name} `)
  }
})

test('without a model lines wait within the limit, and scoring says what to do', async () => {
  const { path } = testFolder()
  const bare = await testServer(path, { model: false, yaml: 'server: { maxQueuedLines: 3 }' })
  expect((await bare.post('/logs', 'a\nb', 'text/plain')).status).toBe(202)
  expect((await refusal(bare.post('/logs', 'c\nd', 'text/plain'))).detail).toContain('2 lines wait')
  expect((await refusal(bare.post('/infer_batch', { logs: ['a'] }))).detail).toContain(
    'POST /train',
  )
  await bare.stop()
})
