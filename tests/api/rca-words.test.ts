import { afterAll, expect, test } from 'bun:test'
import { createNarrator, type NarratorSettings } from '../../src/llm/narrator.ts'
import { chatServer, events, never, type Say, streamed } from '../llm/chat-server.ts'
import { answer, settings } from '../llm/given.ts'
import { parseEvents, readEvents, serve, until } from './server.ts'
import { openService, type ServiceOptions } from './service.ts'

const ends: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const end of ends) await end()
})

/** A language model's server, and how the interface is told to ask it. */
const model = (say: Say, given: Partial<NarratorSettings> = {}) => {
  const server = chatServer(say)
  ends.push(server.stop)
  const narrator: NonNullable<ServiceOptions['narrator']> = hooks =>
    createNarrator(settings({ endpointUrl: server.url, retries: 0, ...given }), {}, hooks)
  return { server, narrator }
}

const BOOM = { logs: [{ message: 'boom 7 of jroe@shop.example', source: 'orders' }] }
const WORDS = answer(['Boom 7 came first.', ['L1'], ['S1']], ['So said <EMAIL_1>.', ['L1']])
const asStream = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
  body: JSON.stringify(body),
})

test('words are added where a language model has some, and what they cost is counted', async () => {
  const { server, narrator } = model(() => WORDS)
  const { json, post, get, metric } = await openService({ narrator })
  const { id, report } = await json(post('/rca', BOOM), 'post', '/rca')
  expect(report.narrative).toMatchObject({
    text: 'Boom 7 came first. So said jroe@shop.example.',
    sentences: [{ evidence: ['orders:1'] }, { evidence: ['orders:1'] }],
    ...{ suspects: ['orders'], removed: 0, model: 'm' },
  })
  expect(server.requests[0]!.raw).not.toContain('jroe')
  expect((await json(get(`/rca/${id}`), 'get', '/rca/{id}')).report).toEqual(report)
  expect(await metric('logbert_rca_text_requests_total')).toBe(1)
  expect(await metric('logbert_rca_text_tokens_total{kind="prompt"}')).toBe(70)
  expect(await metric('logbert_rca_text_tokens_total{kind="completion"}')).toBe(9)
  expect(await metric('logbert_rca_text_seconds_count')).toBe(1)
  expect(await metric('logbert_rca_text_breaker{state="closed"}')).toBe(1)
  // Nothing odd is nothing to put in words.
  expect((await json(post('/rca', { logs: ['fine'] }), 'post', '/rca')).report.found).toBe(false)
  expect(server.requests.length).toBe(1)
})

test('as a stream the report comes first, then each sentence as it is written, then the whole', async () => {
  const goOn = Promise.withResolvers<void>()
  const { narrator } = model(async () => {
    await goOn.promise
    return WORDS
  })
  const { app, json, get } = await openService({ narrator })
  const reader = (await app.request('/rca', asStream(BOOM))).body!.getReader()
  const read = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value)
  const [first] = parseEvents(await read())
  expect(first!.event).toBe('report')
  expect(JSON.parse(first!.data).report).not.toHaveProperty('narrative')
  goOn.resolve()
  let rest = ''
  for (let text = await read(); text !== ''; text = await read()) rest += text
  const told = parseEvents(rest).map(({ event, data }) => ({ event, data: JSON.parse(data) }))
  expect(told.map(({ event }) => event)).toEqual(['rca-text', 'rca-text', 'end'])
  const { id } = JSON.parse(first!.data)
  expect(told[1]!.data).toEqual({
    ...{ id, chunk: ' So said jroe@shop.example.', evidence: ['orders:1'] },
  })
  expect(told[2]!.data).toEqual(await json(get(`/rca/${id}`), 'get', '/rca/{id}'))
  expect(told[2]!.data.report.narrative.text).toBe(
    told
      .slice(0, 2)
      .map(({ data }) => data.chunk)
      .join(''),
  )
})

test('who listens is told the sentences of what is stored, then the whole; or that they are taken back', async () => {
  const half = WORDS.slice(0, WORDS.indexOf('So said'))
  const { narrator } = model((_, place) => (place === 0 ? WORDS : streamed(half, { end: '' })))
  const { service, listen } = await serve({ narrator })
  await service.post('/logs', 'boom 7 of jroe@shop.example', 'text/plain')
  await service.pipeline.run()
  const [incident] = service.db.incidents.list({}).items
  const stream = await listen('/events?types=rca,rca-text')
  const heard = readEvents(stream, all => all.length >= 7)
  await service.post('/rca', { incident: incident!.id })
  // Another text of the same: what was told before is not known for another anomaly.
  await service.post('/logs', 'boom 8', 'text/plain')
  await service.pipeline.run()
  await service.post('/rca', { incident: incident!.id })
  const told = (await heard).map(({ event, data }) => [event, JSON.parse(data)])
  expect(told.map(([event]) => event)).toEqual([
    ...['rca', 'rca-text', 'rca-text', 'rca'],
    ...['rca', 'rca-text', 'rca-text'],
  ])
  expect(told.at(-1)![1]).toEqual({ id: expect.any(String), withdrawn: true })
  expect(told[3]![1].report.narrative.text).toStartWith('Boom 7 came first.')
  const more = await readEvents(await listen('/events?after=0&types=rca'), all => all.length >= 3)
  expect(more.map(({ data }) => 'narrative' in JSON.parse(data).report)).toEqual([
    ...[false, true, false],
  ])
  service.feed.close()
})

const failing: [name: string, reason: string, say: Say][] = [
  ['no answer in time', 'timeout', never],
  ['401', 'refused', () => new Response('{}', { status: 401 })],
  ['429', 'limited', () => new Response('{}', { status: 429 })],
  ['500', 'unavailable', () => new Response('{}', { status: 500 })],
  ['a stream that ends in the middle', 'cut off', () => streamed(WORDS.slice(0, 60), { end: '' })],
  ['no JSON', 'bad answer', () => events('data: {"choices": [\n\n')],
  ['an empty answer', 'invalid', () => ''],
  ['lines that are not there', 'unfounded', () => answer(['It was the disk.', ['L99']])],
]

test.each(failing)('%s leaves the report as it is, counted as %s', async (_, reason, say) => {
  const { narrator } = model(say, { timeoutSeconds: 1 })
  const { json, post, get, metric } = await openService({ narrator })
  const made = await json(post('/rca', BOOM), 'post', '/rca')
  expect(made.report).toMatchObject({ found: true, suspects: [{ name: 'orders' }] })
  expect(made.report).not.toHaveProperty('narrative')
  expect(await json(get(`/rca/${made.id}`), 'get', '/rca/{id}')).toEqual(made)
  expect(await metric(`logbert_rca_text_failures_total{reason="${reason}"}`)).toBe(1)
})

test('nobody writes for a reader who went away, and the report is kept', async () => {
  const { server, narrator } = model(never)
  const { service, url } = await serve({ narrator })
  const asker = new AbortController()
  const asked = await fetch(`${url}/rca`, { ...asStream(BOOM), signal: asker.signal })
  const reader = asked.body!.getReader()
  await reader.read()
  await until(() => server.requests.length === 1)
  asker.abort()
  await until(() => server.left === 1)
  await until(
    async () => (await service.metric('logbert_rca_text_failures_total{reason="aborted"}')) === 1,
  )
  expect(service.db.reports.list({}).items.length).toBe(1)
})
