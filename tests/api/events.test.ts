import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { parseEvents, readEvents, type SseEvent, serve, until } from './server.ts'
import { pointers, refusal } from './service.ts'

const { service, listen, url, port } = await serve({ feed: { kept: 50, heartbeatMs: 30 } })
const { feed, db } = service

let made = 0
/** Stores events as the pipeline does, and says so. */
const happen = (count: number, more: { source?: string; kind?: 'count' | 'rate' } = {}): number => {
  db.transaction(() => {
    for (let i = 0; i < count; i++) {
      const data = JSON.stringify({ n: ++made, voices: [], lines: [] })
      const facts = { kind: 'count' as const, source: 'web', score: made % 10, ...more }
      db.events.add({ type: 'anomaly', data, ...facts })
    }
  })
  feed.advance()
  return db.events.range().last
}
const ids = (events: SseEvent[]): number[] => events.map(({ id }) => Number(id))
const span = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)
const clients = () => service.metric('logbert_sse_clients')

test('events come as they happen; Last-Event-ID and ?after= go on without a gap', async () => {
  const first = await listen('/events')
  const last = happen(3)
  const seen = await readEvents(first, events => events.length === 3)
  expect(ids(seen)).toEqual(span(last - 2, last))
  happen(500)
  feed.transient('stats', { lines: 5 })
  const end = happen(2)
  for (const [path, headers] of [
    ['/events', { 'last-event-id': `${last - 2}` }],
    [`/events?after=${last - 2}`, {}],
  ] as const) {
    const rest = await readEvents(await listen(path, headers), events => events.length >= 504)
    expect(ids(rest.filter(({ event }) => event !== 'stats'))).toEqual(span(last - 1, end))
  }
  const all = await readEvents(await listen('/events?after=0'), events => events.length >= end)
  expect(ids(all.filter(({ id }) => id !== ''))).toEqual(span(1, end))
  // An id of another program.
  const strange = await listen('/events', { 'last-event-id': 'lx2-17' })
  expect(ids(await readEvents(strange, events => events.length > 0))[0]).toBe(1)
})

test('what was removed before it was read is told as a gap', async () => {
  await until(async () => (await clients()) === 0)
  happen(100)
  const { last } = db.events.range()
  while (db.events.range().first < last - 19) {
    db.retain({ now: Date.now(), maxAgeMs: 1e12, maxEvents: 20, maxAnomalies: 1e6 })
  }
  const lost = await service.metric('logbert_sse_lost_events_total')
  const answer = await listen('/events', { 'last-event-id': `${last - 60}` })
  const [gap, ...rest] = await readEvents(answer, events => events.length >= 21)
  expect(gap).toEqual({ id: '', event: 'gap', data: '{"lost":40}' })
  expect(ids(rest)).toEqual(span(last - 19, last))
  expect(await service.metric('logbert_sse_lost_events_total')).toBe(lost + 40)
})

test('filters let through what has what they ask for, and what does not know it', async () => {
  const last = db.events.range().last
  happen(2, { source: 'db', kind: 'rate' })
  happen(2, { source: 'db', kind: 'count' })
  feed.publish({ type: 'train', data: '{"id":"1"}' })
  happen(20, { source: 'web', kind: 'rate' })
  feed.publish({ type: 'incident', data: '{}', source: 'db' })
  const asked = async (query: string, count: number) => {
    const answer = await listen(`/events?after=${last}&${query}`)
    const events = await readEvents(answer, all => all.length >= count)
    return events.map(({ event, id }) => `${event} ${Number(id) - last}`)
  }
  expect(await asked('source=db&kinds=rate', 4)).toEqual([
    ...['anomaly 1', 'anomaly 2', 'train 5', 'incident 26'],
  ])
  expect(await asked('types=train,incident', 2)).toEqual(['train 5', 'incident 26'])
  const scored = await asked('types=anomaly&minScore=9', 2)
  expect(scored.length).toBeLessThan(5)
  const faults = await refusal(
    listen('/events?kinds=odd&types=noise&minScore=x&after=-1&colour=red'),
  )
  expect(pointers(faults)).toEqual(['/after', '/colour', '/kinds/0', '/minScore', '/types/0'])
})

test('a quiet stream has heartbeats; clients are counted, bounded and forgotten when they go', async () => {
  const few = await serve({ limits: { maxClients: 2 } })
  const [one, two] = [await few.listen('/events'), await few.listen('/events')]
  const third = await few.listen('/events')
  expect(third.headers.get('retry-after')).toBe('10')
  expect((await refusal(third)).status).toBe(503)
  expect(await few.service.metric('logbert_sse_clients')).toBe(2)
  for (const each of [one, two]) await readEvents(each, (_, text) => text.includes(': still here'))
  await until(async () => (await few.service.metric('logbert_sse_clients')) === 0)
  for (let i = 0; i < 5; i++) await fetch(`${few.url}/events`, { method: 'HEAD' })
  expect((await few.listen('/events')).status).toBe(200)
})

test('a client that does not read holds no memory, and misses nothing when it reads again', async () => {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  const from = db.events.range().last
  socket.write('GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  socket.on('data', chunk => {
    text += chunk
  })
  await until(() => text.includes('retry'))
  socket.pause()
  const filler = 'x'.repeat(4000)
  db.transaction(() => {
    for (let i = 0; i < 5000; i++) db.events.add({ type: 'rca', data: `{"filler":"${filler}"}` })
  })
  feed.advance()
  // Others go on meanwhile.
  const end = db.events.range().last
  const other = await readEvents(await listen(`/events?after=${end - 1}`), all => all.length === 1)
  expect(ids(other)).toEqual([end])
  socket.resume()
  await until(() => text.includes(`id: ${end}\n`))
  const seen = [...text.matchAll(/^id: (\d+)$/gm)].map(match => Number(match[1]))
  expect(seen).toEqual(span(from + 1, end))
  socket.destroy()
}, 20_000)

test('a training job is followed until it ends', async () => {
  const { id } = await service.json(
    service.post('/train', { file: 'a.log' }),
    ...(['post', '/train', 202] as const),
  )
  const answer = await listen(`/train/${id}/events`)
  const following = answer.text()
  await until(async () => (await clients()) > 0)
  for (const epoch of [1, 2]) {
    const job = db.jobs.get(id)!
    db.jobs.put({ ...job, state: 'running', progress: { phase: 'learning', epoch } })
    feed.publish({ type: 'train', data: '{}' })
    await Bun.sleep(0)
  }
  await service.delete(`/train/${id}`)
  feed.publish({ type: 'train', data: '{}' })
  const jobs = parseEvents(await following).map(({ data }) => JSON.parse(data))
  expect(jobs[0].state).toBe('waiting')
  expect(jobs.at(-1)).toMatchObject({ state: 'cancelled', progress: { epoch: 2 } })
  // One that has ended is told at once.
  const over = parseEvents(await (await listen(`/train/${id}/events`)).text())
  expect(over.map(({ event }) => event)).toEqual(['train'])
  expect((await refusal(listen('/train/none/events'))).status).toBe(404)
})

test('a thousand clients get every event, and the loop stays free', async () => {
  const CLIENTS = 1000
  const EVENTS = 40
  const begin = db.events.range().last
  const script = `
    const got = new Array(${CLIENTS}).fill(0)
    const open = async i => {
      const answer = await fetch(process.argv[1] + '/events?types=model')
      const reader = answer.body.getReader()
      const decoder = new TextDecoder()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        const text = decoder.decode(value, { stream: true })
        if (text.includes('retry')) console.log('open')
        got[i] += text.split('event: model').length - 1
        if (got[i] === ${EVENTS}) return reader.cancel()
      }
    }
    await Promise.all(got.map((_, i) => open(i)))
    console.log('all ' + got.every(each => each === ${EVENTS}))
    process.exit(0)`
  const env = { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: `${2 * CLIENTS}` }
  const child = Bun.spawn([process.execPath, '-e', script, url], { stdout: 'pipe', env })
  let said = ''
  const hear = (async () => {
    for await (const chunk of child.stdout) said += new TextDecoder().decode(chunk)
  })()
  await until(() => said.split('open').length - 1 === CLIENTS)
  const delays: number[] = []
  let running = true
  const watch = (async () => {
    while (running) {
      const before = performance.now()
      await Bun.sleep(5)
      delays.push(performance.now() - before - 5)
    }
  })()
  for (let i = 0; i < EVENTS; i++) {
    feed.publish({ type: 'model', data: `{"name":"default","version":"${i}"}` })
    await Bun.sleep(50)
  }
  await hear
  running = false
  await watch
  expect(said).toContain('all true')
  expect(db.events.range().last).toBe(begin + EVENTS)
  delays.sort((a, b) => a - b)
  const p99 = delays[Math.floor(0.99 * delays.length)]!
  if (process.env.SHOW) console.log({ p99, max: delays.at(-1), n: delays.length })
  expect(p99).toBeLessThan(250)
}, 60_000)
