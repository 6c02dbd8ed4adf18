import { afterEach, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { retryAfter } from '../../src/cli/post-answer.ts'
import type { Fault } from '../../src/core/simulator/fault.ts'
import { testFolder } from './folder.ts'
import { problem, type Receiver, receiver } from './receiver.ts'
import { cliPath, logbert } from './spawn.ts'

const { path: folder, put } = testFolder()
const open: Receiver[] = []
const receive = (options: Parameters<typeof receiver>[0] = {}): Receiver => {
  const made = receiver(options)
  open.push(made)
  return made
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.stop()
})

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `line ${i}`)
const lines = numbered(12_345)
const file = put('app.log', `${lines.join('\n')}\n`)
const replay = (to: Receiver, ...args: string[]) =>
  logbert(['replay', ...args, '--to', to.url, '--json'])

test('a file arrives whole and in order, under its name and with the token', async () => {
  const server = receive()
  const odd = put('odd.log.gz', Bun.gzipSync('one\n\n  two \r\nd\u00e9j\u00e0 vu\n\n'))
  const env = { LOGBERT_TOKEN: 'sesame' }
  const args = ['replay', file, odd, '--to', `${server.url}/`, '--json']
  const { code, records, err } = await logbert(args, { env })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(records().at(-1)).toMatchObject({ type: 'done', acknowledged: 12_350, sent: 12_350 })
  expect(server.lines).toEqual([...lines, 'one', '', '  two ', 'd\u00e9j\u00e0 vu', ''])
  expect([...new Set(server.sources)]).toEqual(['app.log', 'odd.log'])
  expect(new Set(server.requests.map(({ authorization }) => authorization))).toEqual(
    new Set(['Bearer sesame']),
  )
  expect(server.requests.map(request => request.lines)).toEqual([5000, 5000, 2345, 5])
})

test('what the server refuses for now is sent again: once each, in order, with one request at a time', async () => {
  const server = receive({
    answer: n =>
      n % 3 === 1
        ? problem(n % 2 === 0 ? 503 : 429, 'queue is full', { 'retry-after': '0' })
        : undefined,
  })
  const { code, records, err } = await replay(server, file, '--batch', '1000')
  expect(code).toBe(0)
  expect(server.lines).toEqual(lines)
  expect(records().at(-1)).toMatchObject({ acknowledged: 12_345, refused: 7, faults: 0 })
  expect(err).toContain('7 requests were refused for a while and sent again')
})

test('several requests may be on their way at once: all lines come, each once', async () => {
  const server = receive({ answer: n => (n === 2 ? problem(503, 'full') : undefined) })
  const { code } = await replay(server, file, '--batch', '500', '--in-flight', '4')
  expect(code).toBe(0)
  expect(server.lines.toSorted()).toEqual(lines.toSorted())
})

test('faults of the connection are overcome, and what may be there twice is told', async () => {
  let cut = 0
  const socket = {
    data: (client: { terminate(): void }) => {
      cut++
      client.terminate()
    },
  }
  const broken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket })
  const { port } = broken
  const running = logbert(['replay', file, '--to', `http://127.0.0.1:${port}`, '--json'])
  while (cut === 0) await Bun.sleep(5)
  broken.stop(true)
  const server = receive({ port })
  const { code, records, err } = await running
  expect(code).toBe(0)
  expect(server.lines).toEqual(lines)
  const [done] = records<{ faults: number; doubtful: number }>().slice(-1)
  expect(done!.doubtful).toBe(5000 * done!.faults)
  expect(done!.faults).toBeGreaterThan(0)
  expect(err).toContain('the server may hold them twice')
})

test('a server that refuses for too long ends it with 1; --skip goes on from the count', async () => {
  const full = receive({ answer: n => (n > 2 ? problem(503, 'the queue is full') : undefined) })
  const stopped = await replay(full, file, '--batch', '1000', '--patience', '300ms')
  expect(stopped.code).toBe(1)
  expect(stopped.err).toContain('it answered 503: the queue is full; tried for')
  const [failed] = stopped.records<{ type: string; acknowledged: number }>().slice(-1)
  expect(failed).toMatchObject({ type: 'failed', acknowledged: 2000 })
  expect(full.lines).toEqual(lines.slice(0, 2000))
  const server = receive()
  const rest = await replay(server, file, '--skip', `${failed!.acknowledged}`)
  expect(rest.code).toBe(0)
  expect(server.lines).toEqual(lines.slice(2000))
})

test('batches that are too large for the server become smaller', async () => {
  const server = receive({
    answer: (_, got) => (got.length > 700 ? problem(413, 'too many lines') : undefined),
  })
  const { code, records } = await replay(server, file)
  expect(code).toBe(0)
  expect(server.lines).toEqual(lines)
  // The limit is learned: three are tried in vain.
  expect(records().at(-1)).toMatchObject({ acknowledged: 12_345, requests: 23 })
})

test('what the server will never take ends it with 1, its reason and what to do', async () => {
  const server = receive({ answer: () => problem(401, 'no token') })
  const refused = await logbert(['replay', file, '--to', server.url])
  expect(refused).toMatchObject({
    code: 1,
    err: expect.stringContaining('answered 401: no token; set LOGBERT_TOKEN'),
    out: expect.stringContaining('0 of 5,000 lines acknowledged'),
  })
  const other = await logbert(['replay', file, '--to', `${server.url}/elsewhere`])
  expect(other.err).toContain('--to must name a LogBERT server')
  const large = receive({ answer: () => problem(413, 'the body is larger than 1 bytes') })
  expect((await replay(large, file)).err).toContain('the body is larger than 1 bytes')
})

test('wrong usage ends with 2 and says what to give', async () => {
  const faults: [string[], string][] = [
    [[file], 'needs --to URL'],
    [[file, '--to', 'localhost:8080'], 'cannot use --to "localhost:8080"'],
    [['--to', 'http://x'], 'at least one FILE'],
    [[file, '--to', 'http://x', '--rate', 'fast'], '--rate is "fast"'],
    [[file, '--to', 'http://x', '--seed', '1'], '--seed is for --simulate only'],
    [[file, '--to', 'http://x', '--simulate'], 'takes no FILE'],
    [['--to', 'http://x', '--simulate', '--faults', 'fire'], '--faults names "fire"'],
    [['--to', 'http://x', '--simulate', '--speed', '2', '--rate', '2'], 'both say how fast'],
    [['--to', 'http://x', '--simulate', '--duration', 'long'], '--duration is "long"'],
    [[file, '--to', 'http://x', '--shift', 'then'], '--shift is "then"'],
  ]
  const outcomes = await Promise.all(faults.map(([args]) => logbert(['replay', ...args])))
  for (const [i, { code, err }] of outcomes.entries()) {
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(faults[i]![1]) })
  }
}, 30_000)

test('lines of a pipe that stays open are sent as they come', async () => {
  const server = receive()
  const child = Bun.spawn([process.execPath, cliPath, 'replay', '-', '--to', server.url], {
    stdin: 'pipe',
    stdout: 'pipe',
  })
  child.stdin.write('first\nsecond\n')
  await child.stdin.flush()
  while (server.lines.length < 2) await Bun.sleep(5)
  expect(child.exitCode).toBe(null)
  child.stdin.write('third\n')
  await child.stdin.end()
  expect(await child.exited).toBe(0)
  expect(server.lines).toEqual(['first', 'second', 'third'])
  expect(server.sources[0]).toBe('stdin')
  expect(await new Response(child.stdout).text()).toStartWith('3 of 3 lines acknowledged')
})

test('--rate keeps to the rate, Ctrl-C ends with 130 and the exact count', async () => {
  const server = receive()
  const paced = await replay(
    server,
    put('few.log', `${numbered(60).join('\n')}\n`),
    '--rate',
    '100',
  )
  expect(paced.records<{ seconds: number }>().at(-1)!.seconds).toBeGreaterThan(0.45)
  expect(Math.max(...server.requests.map(request => request.lines))).toBeLessThanOrEqual(10)
  server.lines.length = 0
  const args = ['replay', file, '--to', server.url, '--rate', '500', '--json']
  const child = Bun.spawn([process.execPath, cliPath, ...args], { stdout: 'pipe', stderr: 'pipe' })
  while (server.lines.length < 100) await Bun.sleep(5)
  child.kill('SIGINT')
  expect(await child.exited).toBe(130)
  const out = (await new Response(child.stdout).text()).trim().split('\n')
  expect(JSON.parse(out.at(-1)!)).toMatchObject({ acknowledged: server.lines.length })
  expect(server.lines).toEqual(lines.slice(0, server.lines.length))
})

test('the simulated shop plays with its sources and times, and tells the truth about its faults', async () => {
  const server = receive()
  const truth = join(folder, 'truth.json')
  const options = ['--simulate', '--seed', '3', '--start', '2026-01-05T08:00:00Z']
  const played = await replay(server, ...options, '--duration', '5m', '--truth', truth)
  expect(played.code).toBe(0)
  const sent = server.lines.map(
    line => JSON.parse(line) as { message: string; source: string; timestamp: number },
  )
  expect(played.records().at(-1)).toMatchObject({ acknowledged: sent.length, truth, faults: 4 })
  expect(new Set(sent.map(({ source }) => source)).size).toBeGreaterThan(10)
  const told = JSON.parse(readFileSync(truth, 'utf8')) as {
    start: number
    end: number
    lines: number
    faults: Fault[]
  }
  expect(told).toMatchObject({ start: Date.UTC(2026, 0, 5, 8), lines: sent.length })
  expect(told.faults.map(({ kind, from }) => [kind, from - told.start])).toEqual([
    ['new template', 60_000],
    ['sequence', 120_000],
    ['missing ending', 180_000],
    ['count', 240_000],
  ])
  const keys = told.faults.flatMap(({ sessions }) => sessions)
  expect(keys.length).toBeGreaterThan(4)
  expect(keys.every(key => sent.some(({ message }) => message.includes(key)))).toBe(true)
  const again = receive()
  const calm = await replay(again, ...options, '--duration', '5m', '--faults', 'none')
  expect(calm.records().at(-1)).toMatchObject({ faults: 0 })
  expect(again.lines.slice(0, 100)).toEqual(server.lines.slice(0, 100))
})

test('--speed plays in time: 8 simulated seconds at 16 times take half a second', async () => {
  const server = receive()
  const args = ['--simulate', '--duration', '8s', '--speed', '16', '--requests', '50']
  const { records } = await replay(server, ...args)
  const [done] = records<{ seconds: number; acknowledged: number }>().slice(-1)
  expect(done!.seconds).toBeGreaterThan(0.35)
  expect(done!.acknowledged).toBeGreaterThan(1000)
  expect(server.requests.length).toBeGreaterThan(3)
})

test('Retry-After is read as seconds and as a date', () => {
  const now = Date.UTC(2026, 0, 5)
  expect(retryAfter('3', now)).toBe(3000)
  expect(retryAfter('Mon, 05 Jan 2026 00:00:10 GMT', now)).toBe(10_000)
  expect(retryAfter('Sun, 04 Jan 2026 00:00:00 GMT', now)).toBe(0)
  expect(retryAfter('9999999', now)).toBe(300_000)
  expect(retryAfter('soon', now)).toBe(undefined)
  expect(retryAfter(null, now)).toBe(undefined)
})
