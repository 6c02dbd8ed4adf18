import { afterEach, expect, test } from 'bun:test'
import {
  type ChatServer,
  chatServer,
  endless,
  events,
  never,
  type Say,
  streamed,
} from './chat-server.ts'
import { ANSWER, answer, LINES, line, REPORT, reportOn, talk } from './given.ts'

const servers: ChatServer[] = []
const serve = (say: Say): ChatServer => {
  const server = chatServer(say)
  servers.push(server)
  return server
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

const json = (body: string, status = 200, headers = {}) =>
  new Response(body, { status, headers: { 'content-type': 'application/json', ...headers } })

/** Another report each time, so that none is known. */
const another = (place: number): ReturnType<typeof reportOn> =>
  reportOn([line(`x:${place}`, 'web', `odd thing ${place}`)])

const failing: [name: string, reason: string, say: Say, requests?: number][] = [
  ['no answer in time', 'timeout', never],
  ['an answer that stops coming', 'timeout', () => events(new ReadableStream({ start: () => {} }))],
  ['500', 'unavailable', () => json('{"error":"jroe is down"}', 500)],
  [
    '503 for longer than there is time',
    'unavailable',
    () => json('', 503, { 'retry-after': '60' }),
  ],
  ['429 for longer than there is time', 'limited', () => json('{}', 429, { 'retry-after': '60' })],
  ['401', 'refused', () => json('{"error":"bad token"}', 401)],
  ['400', 'refused', () => json('{"error":{"message":"no schema, jroe"}}', 400)],
  ['a redirect', 'unavailable', () => Response.redirect('http://127.0.0.1:9/', 307)],
  ['an answer in one piece', 'bad answer', () => json('{"choices": []}')],
  [
    'a page',
    'bad answer',
    () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
  ],
  ['events that are no JSON', 'bad answer', () => events('data: {"choices": [\n\n')],
  ['events of something else', 'bad answer', () => events('data: null\n\ndata: 7\n\ndata: {}\n\n')],
  ['no events', 'bad answer', () => events('')],
  [
    'an error in the middle',
    'unavailable',
    () => streamed(ANSWER, { end: 'data: {"error":"jroe"}\n\n' }),
  ],
  [
    'an answer that ends in the middle',
    'cut off',
    () => streamed(ANSWER.slice(0, 50), { end: '' }),
  ],
  ['a line without end', 'bad answer', () => events(`data: ${' '.repeat(4e6)}`)],
  ['an answer without end', 'bad answer', () => endless('hot air '.repeat(1000))],
  ['an empty answer, twice', 'invalid', () => '', 2],
  ['thoughts only, twice', 'invalid', () => '<think>let me see', 2],
  ['prose, twice', 'invalid', () => 'It is the disk.', 2],
  ['JSON of another form, twice', 'invalid', () => '{"answer": "the disk"}', 2],
  [
    'parts instead of text, twice',
    'invalid',
    () => events('data: {"choices":[{"delta":{"content":[1]},"finish_reason":"stop"}]}\n\n'),
    2,
  ],
  ['sentences that hold nothing', 'unfounded', () => answer(['Oh.', []])],
]

test.each(failing)('%s: no text, and the reason %s', async (_, reason, say, requests = 1) => {
  const server = serve(say)
  const { narrative, heard } = await talk(server.url, { timeoutSeconds: 1 })()
  expect(narrative).toBe(undefined)
  const failures = heard.filter(([name]) => name === 'failed')
  expect(failures).toEqual([['failed', reason, expect.any(String)]])
  // What the server says may be log text again.
  expect(failures[0]![2]).not.toContain('jroe')
  expect(server.requests.length).toBe(requests)
})

test('a server that is not there', async () => {
  const gone = serve(() => ANSWER)
  await gone.stop()
  const { heard } = await talk(gone.url)()
  expect(heard.at(-1)).toEqual(['failed', 'unavailable', expect.any(String)])
  // Nothing was spent.
  expect(heard.some(([name]) => name === 'used')).toBe(false)
})

test('a connection that breaks in the middle', async () => {
  const begun = await streamed(ANSWER.slice(0, 60), { end: '' }).text()
  const head =
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 999999\r\n\r\n'
  using server = Bun.listen({
    ...{ hostname: '127.0.0.1', port: 0 },
    socket: {
      data(socket) {
        socket.write(head + begun)
        socket.end()
      },
    },
  })
  const { heard, chunks } = await talk(`http://127.0.0.1:${server.port}`)()
  expect(heard.at(-1)).toEqual(['failed', 'cut off', expect.any(String)])
  expect(chunks).toEqual([])
  expect(heard.find(([name]) => name === 'used')).toEqual([
    'used',
    { prompt: expect.any(Number), completion: expect.any(Number), estimated: true },
  ])
})

test('whatever ends early, the server is told to stop', async () => {
  const server = serve(() => endless('hot air '.repeat(200)))
  await talk(server.url, { maxTokens: 100 })()
  while (server.left === 0) await Bun.sleep(5)
})

test('a busy server is asked again when it says, as often as allowed', async () => {
  const busy = { 'retry-after': '0' }
  const server = serve((_, place) => (place < 2 ? json('{}', 429 + 74 * place, busy) : ANSWER))
  const { narrative, heard } = await talk(server.url)()
  expect(narrative!.sentences.length).toBe(2)
  expect(heard.filter(([name]) => name === 'asked').length).toBe(3)
  const always = serve(() => json('{}', 429, busy))
  const given = await talk(always.url, { retries: 1 })()
  expect(given.heard.at(-1)).toEqual(['failed', 'limited', 'it answered 429'])
  expect(always.requests.length).toBe(2)
})

test('after some failures in a row the server is left alone, then one question tries it', async () => {
  const state = { isUp: false }
  const server = serve(() => (state.isUp ? ANSWER : json('{}', 500)))
  const ask = talk(server.url, { breakerFailures: 2, breakerSeconds: 0.3 })
  await ask(...another(1))
  await ask(...another(2))
  const refused = await ask(...another(3))
  expect(refused.heard).toEqual([['failed', 'breaker open', expect.any(String)]])
  expect(server.requests.length).toBe(2)
  const untilTried = async (): Promise<void> => {
    const before = server.requests.length
    while (server.requests.length === before) {
      await ask()
      await Bun.sleep(10)
    }
  }
  await untilTried()
  expect((await ask()).narrative).toBe(undefined)
  expect(server.requests.length).toBe(3)
  state.isUp = true
  await untilTried()
  const states = ask.heard.filter(([name]) => name === 'breaker').map(([, now]) => now)
  expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed'])
})

test('so many reports are put in words at once, so many wait, the others go without', async () => {
  const goOn = Promise.withResolvers<void>()
  const state = { now: 0, most: 0 }
  const server = serve(async () => {
    state.most = Math.max(state.most, ++state.now)
    await goOn.promise
    state.now--
    return answer(['It broke.', ['L1']])
  })
  const ask = talk(server.url, { concurrency: 2, maxWaiting: 2 })
  const first = [1, 2, 3].map(place => ask(...another(place)))
  const asker = new AbortController()
  const gone = ask(...another(4), asker.signal)
  while (server.requests.length < 2) await Bun.sleep(5)
  const refused = await ask(...another(5))
  expect(refused.heard).toContainEqual(['failed', 'busy', expect.any(String)])
  // Who goes away while waiting makes room.
  asker.abort()
  expect((await gone).narrative).toBe(undefined)
  const last = ask(...another(6))
  goOn.resolve()
  const told = await Promise.all([...first, last])
  expect(told.every(({ narrative }) => narrative !== undefined)).toBe(true)
  expect(state.most).toBe(2)
  expect(server.requests.length).toBe(4)
})

test('tokens of the hour are spent on what they are enough for, the rest goes without', async () => {
  const server = serve(() => ANSWER.replaceAll('<USER_1>', 'it'))
  // One question sets aside some 1,900, and costs 79 in the end.
  const given = { maxPromptTokens: 1500, maxTokens: 800, tokensPerReport: 2500 }
  const ask = talk(server.url, { ...given, tokensPerHour: 2500, retries: 0 })
  const first = ask(...another(1))
  const second = await ask(...another(2))
  expect(second.heard).toContainEqual(['failed', 'over budget', expect.stringContaining('hour')])
  await first
  expect((await ask(REPORT, LINES)).heard).toContainEqual(['used', expect.anything()])
})

test('a report that has spent its tokens is not repaired', async () => {
  const server = serve(() => streamed('no', { usage: false }))
  const given = { maxPromptTokens: 1500, maxTokens: 800, tokensPerReport: 2300 }
  const { heard } = await talk(server.url, given)()
  expect(server.requests.length).toBe(1)
  expect(heard.at(-1)).toEqual(['failed', 'invalid', expect.stringContaining('beyond 2300')])
})
