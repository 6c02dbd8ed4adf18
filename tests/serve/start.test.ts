import { afterAll, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Anomaly } from '../../src/core/types.ts'
import { readEvents } from '../api/server.ts'
import { testFolder } from '../cli/folder.ts'
import { simulatedLogs } from '../pipeline/simulated.ts'
import { killAll, startProgram, until } from './program.ts'

const main = resolve(import.meta.dir, '../../src/main.ts')
const shipped = resolve(import.meta.dir, '../../models')
const { path: folder } = testFolder()
const { before, after } = simulatedLogs()
const data = join(folder, 'data')
const models = join(folder, 'models')
mkdirSync(data)
await Bun.write(join(data, 'before.log'), before.map(({ text }) => text).join('\n'))
afterAll(killAll)

const post = (url: string, body: unknown) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const read = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T
const logs = after.map(({ line }) => ({
  log: line.text,
  source: line.source,
  timestamp: line.arrived,
}))

test('lines wait until there is a model, which is trained, promoted and served over HTTP', async () => {
  const { child, url } = await startProgram({ data, models })
  expect((await fetch(`${url}/readyz`)).status).toBe(503)
  expect((await post(`${url}/infer_batch`, { logs: ['x'] })).status).toBe(503)
  // Sent before there is anything to judge them with.
  expect((await post(`${url}/logs`, { logs })).status).toBe(202)
  const started = await post(`${url}/train`, { file: 'before.log', epochs: 0 })
  expect(started.status).toBe(202)
  const { id } = (await started.json()) as { id: string }
  const state = () => read<{ state: string; result?: object }>(`${url}/train/${id}`)
  await until(async () => !['waiting', 'running'].includes((await state()).state), 50)
  expect(await state()).toMatchObject({
    state: 'done',
    result: { name: 'default', promoted: true },
  })
  const found = () => read<{ items: Anomaly[] }>(`${url}/anomalies?limit=1000`)
  await until(async () => (await found()).items.length > 0, 50)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  const inferred = await post(`${url}/infer_batch`, { logs })
  const { anomalies } = (await inferred.json()) as { anomalies: Anomaly[] }
  expect(anomalies.length).toBeGreaterThan(3)
  const cause = await (await post(`${url}/rca`, { logs })).json()
  expect(cause).toMatchObject({
    report: { basis: 'lines', lines: expect.any(Array), summary: expect.any(String) },
  })
  expect(await (await fetch(`${url}/metrics`)).text()).toContain(
    'training_runs_total{state="done"} 1',
  )
  const asked = performance.now()
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
  expect(performance.now() - asked).toBeLessThan(10_000)

  // Everything is there after the next start, and the model is served at once.
  const again = await startProgram({ data, models })
  expect((await fetch(`${again.url}/readyz`)).status).toBe(200)
  expect((await read<{ items: object[] }>(`${again.url}/train`)).items).toHaveLength(1)
  expect((await read<{ items: object[] }>(`${again.url}/incidents`)).items.length).toBeGreaterThan(
    0,
  )
  again.child.kill('SIGINT')
  expect(await again.child.exited).toBe(0)
}, 120_000)

test('the demo shows its first incident within ten seconds, goes on with more, and leaves no data behind', async () => {
  const demos = async () =>
    (await readdir(tmpdir())).filter(name => name.startsWith('logbert-demo-'))
  const before = await demos()
  const { child, url } = await startProgram({ data, models: shipped, args: ['--demo'] })
  const asked = performance.now()
  /** Waits for so many new incidents. */
  const opened = async (count: number): Promise<void> => {
    const stream = await fetch(`${url}/events?after=0&types=incident`)
    await readEvents(
      stream,
      all => all.filter(({ data }) => JSON.parse(data).change === 'opened').length >= count,
    )
  }
  await opened(1)
  expect(performance.now() - asked).toBeLessThan(10_000)
  await opened(2)
  const stopped = performance.now()
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
  expect(performance.now() - stopped).toBeLessThan(10_000)
  expect(await demos()).toEqual(before)
}, 60_000)

test('what keeps it from starting ends it with 2 and is said', async () => {
  const port = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
  const run = async (args: string[], env: Record<string, string> = {}) => {
    const child = Bun.spawn([process.execPath, main, '--models', models, ...args], {
      ...{ cwd: folder, stdout: 'pipe', stderr: 'pipe', env: { ...process.env, ...env } },
    })
    const [code, out, text] = await Promise.all([
      child.exited,
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    return { code, out, text }
  }
  const taken = await run(['--port', `${port.port}`, '--data', join(folder, 'other')])
  expect(taken).toMatchObject({ code: 2, text: expect.stringContaining('use another port') })
  const odd = await run(['--prot', '1'])
  expect(odd).toMatchObject({ code: 2, text: expect.stringContaining('--prot') })
  await port.stop(true)
  const noFolder = await run(['--port', '0', '--data', join(data, 'before.log')])
  expect(noFolder).toMatchObject({ code: 2, text: expect.stringContaining('cannot be used') })
  const env = { LOGBERT__TRAIN__EPOCHS: 'many', LOGBERT__SERVER__PROT: '1' }
  const bad = await run(['--port', '99999'], env)
  expect(bad).toMatchObject({ code: 2, out: '' })
  for (const fault of ['3 faults', 'train.epochs', 'LOGBERT__SERVER__PROT', 'server.port']) {
    expect(bad.text).toContain(fault)
  }

  const first = await startProgram({ data, models })
  const second = await run(['--port', '0', '--data', data])
  expect(second).toMatchObject({ code: 2, text: expect.stringContaining('another server') })
  expect((await fetch(`${first.url}/healthz`)).status).toBe(200)
  first.child.kill('SIGTERM')
  expect(await first.child.exited).toBe(0)
}, 60_000)
