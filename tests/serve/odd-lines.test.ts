import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createRegistry } from '../../src/core/store/registry.ts'
import type { Anomaly, LogLine } from '../../src/core/types.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { client } from './client.ts'
import { killAll, startProgram, until } from './program.ts'
import { later, publishVersion } from './versions.ts'

const { path: folder } = testFolder()
const { before, after } = simulatedLogs()
const given = after.map(({ line }) => line)
const models = join(folder, 'models')
const env = { LOGBERT__MODEL__NAME: 'shop', LOGBERT__SESSION__QUIETSECONDS: '600000' }

beforeAll(async () => {
  const bundle = await learnBundle(localEngine(), before)
  await publishVersion(createRegistry(folderStore(models)), bundle)
})
afterAll(killAll)

const MIB = 1 << 20

/** Each a body of its own: lines, and what it is refused with where it is. */
const ODD: { type?: string; body: string | Uint8Array; status?: number; lines: number }[] = [
  { body: 'x'.repeat(10 * MIB), lines: 1 },
  { body: `${'é€😀'.repeat(MIB)}\nshort`, lines: 2 },
  { body: 'before\0after\0\0', lines: 1 },
  { body: '\0', lines: 1 },
  { body: new Uint8Array([0xff, 0xfe, 0x80, 0x0a, 0xc3, 0x28, 0xed, 0xa0, 0x80]), lines: 2 },
  { body: '\n\n\r\n', lines: 3 },
  { body: '', lines: 0 },
  { body: `{"a":${'['.repeat(50_000)}`, lines: 1 },
  { body: '"'.repeat(60_000), lines: 1 },
  { body: '<*> <*> %s $(reboot) ../../etc \u202e \ud800', lines: 1 },
  { type: 'application/json', body: '["\\ud800 \\u0000", {"log": "a\\nb"}]', lines: 3 },
  ...[-8.64e15, -1, 0, 8.64e15].map(timestamp => ({
    type: 'application/json',
    body: JSON.stringify([{ log: `at ${timestamp}`, timestamp }]),
    lines: 1,
  })),
  { type: 'application/json', body: '[{"log":"x","timestamp":9e15}]', status: 422, lines: 0 },
  {
    type: 'application/json',
    body: new Uint8Array([0x5b, 0x22, 0xff, 0x22]),
    status: 400,
    lines: 0,
  },
  { body: 'y'.repeat(17 * MIB), status: 413, lines: 0 },
]

/** Stamps of a clock that is set back and forth by minutes to a thousand years. */
const jumping = (source: string): string[] =>
  [2026, 1999, 3026, 2026, 1970, 2025].flatMap(year =>
    Array.from({ length: 8 }, (_, i) => `${year}-02-0${i + 1} 03:0${i}:00,000 INFO tick ${source}`),
  )

test('lines that are too long, no text, or of clocks that jump are taken or refused in words, and nothing stops', async () => {
  const { url, child, said } = await startProgram({ data: join(folder, 'data'), models, env })
  const it = client(url)
  const post = (body: string | Uint8Array, type = 'text/plain', source = 'odd') =>
    fetch(`${url}/logs?source=${source}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: body as string,
    })
  let sent = 0
  const half = given.length >> 1
  const send = async (lines: readonly LogLine[]): Promise<void> => {
    await it.send(lines)
    sent += lines.length
  }
  await send(given.slice(0, half))
  for (const { type, body, status = 202, lines } of ODD) {
    const answer = await post(body, type)
    const told = await answer.json()
    expect(answer.status).toBe(status)
    if (status === 202) expect(told).toEqual({ accepted: lines })
    else expect(told.detail.length).toBeGreaterThan(20)
    sent += lines
  }
  // In a source of its own, and in one that the model knows.
  for (const source of ['jumps', given[0]!.source]) {
    const lines = jumping(source)
    expect((await post(lines.join('\n'), 'text/plain', source)).status).toBe(202)
    sent += lines.length
  }
  await send(given.slice(half))
  await send(later(given))
  await until(async () => (await it.json('/model/status')).pipeline.lines === sent)
  expect((await it.get('/readyz')).status).toBe(200)
  const metrics = await (await it.get('/metrics')).text()
  const metric = (name: string) =>
    Number(
      metrics
        .split('\n')
        .find(each => each.startsWith(`${name} `))
        ?.slice(name.length + 1),
    )
  expect(metric('logbert_lines_total')).toBe(sent)
  expect(metric('logbert_cut_lines_total')).toBe(2)
  expect(metric('logbert_invalid_utf8_lines_total')).toBe(2)
  expect(metrics).not.toContain('scoring_failed')
  expect(said()).toBe('')
  // What is odd in the shop is found all the same.
  const found: Anomaly[] = (await it.json('/anomalies?limit=1000')).items
  const kinds = new Set(found.filter(({ source }) => source !== 'odd').map(({ kind }) => kind))
  expect(kinds).toContain('missing ending')
  expect(kinds).toContain('new template')
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
}, 30_000)
