import { afterAll, expect, test } from 'bun:test'
import { join, resolve } from 'node:path'
import type { Anomaly } from '../../src/core/types.ts'
import { readEvents } from '../api/server.ts'
import { testFolder } from '../cli/folder.ts'
import { simulatedLogs } from '../pipeline/simulated.ts'

const main = resolve(import.meta.dir, '../../src/main.ts')
const { path: folder, put } = testFolder()
const models = join(folder, 'models')
const { before, after } = simulatedLogs()
put('before.log', before.map(({ text }) => text).join('\n'))

const running: Bun.Subprocess[] = []
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts the real program on a free port; gives its address when it is ready. */
const startProgram = async (...args: string[]) => {
  const child = Bun.spawn(
    [process.execPath, main, '--port', '0', '--data', folder, '--models', models, ...args],
    { cwd: folder, stdout: 'pipe', stderr: 'pipe' },
  )
  running.push(child)
  const reader = child.stdout.getReader()
  const { value } = await reader.read()
  const url = new TextDecoder().decode(value).trim()
  if (!url.startsWith('http')) throw new Error(await new Response(child.stderr).text())
  return { child, url }
}

const post = (url: string, body: unknown) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

test('trains over HTTP, serves the model at once, finds and explains what is odd, stops cleanly', async () => {
  const { child, url } = await startProgram()
  expect((await post(`${url}/infer_batch`, { logs: ['x'] })).status).toBe(503)
  const started = await post(`${url}/train`, { file: 'before.log', epochs: 1 })
  expect(started.status).toBe(202)
  const { id } = (await started.json()) as { id: string }
  const state = async () =>
    (await (await fetch(`${url}/train/${id}`)).json()) as { state: string; error?: unknown }
  while (['waiting', 'running'].includes((await state()).state)) await Bun.sleep(50)
  expect(await state()).toMatchObject({ state: 'done', bundle: { name: 'default' } })

  const logs = after.map(({ line }) => ({ log: line.text, source: line.source }))
  const found = (await (await post(`${url}/infer_batch`, { logs })).json()) as {
    sessions: number
    anomalies: Anomaly[]
  }
  expect(found.sessions).toBeGreaterThan(100)
  expect(found.anomalies.length).toBeGreaterThan(3)
  const cause = await (await post(`${url}/rca`, { logs })).json()
  expect(cause).toMatchObject({ summary: expect.stringContaining('anomalies') })

  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toContain('training_runs_total{state="done"} 1')
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)

  // A model that is there is served from the start.
  const again = await startProgram()
  const events = fetch(`${again.url}/events`)
  expect((await post(`${again.url}/logs`, { logs })).status).toBe(202)
  const [anomaly] = await readEvents(await events, all => all.some(e => e.event === 'anomaly'))
  expect(anomaly).toBeDefined()
  again.child.kill('SIGINT')
  expect(await again.child.exited).toBe(0)
}, 120_000)

test('the demo shows its first anomaly by itself', async () => {
  const { child, url } = await startProgram('--demo')
  const events = await readEvents(await fetch(`${url}/events`), all =>
    all.some(({ event }) => event === 'anomaly'),
  )
  const anomaly = JSON.parse(events.find(({ event }) => event === 'anomaly')!.data) as Anomaly
  expect(anomaly.lines.some(({ odd }) => odd)).toBe(true)
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
}, 120_000)

test('a port that is taken and options that do not exist end with 2 and say so', async () => {
  const port = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
  const run = async (...args: string[]) => {
    const child = Bun.spawn([process.execPath, main, ...args], { cwd: folder, stderr: 'pipe' })
    return { code: await child.exited, text: await new Response(child.stderr).text() }
  }
  const taken = await run('--port', `${port.port}`)
  expect(taken).toMatchObject({ code: 2, text: expect.stringContaining('use another port') })
  const odd = await run('--prot', '1')
  expect(odd).toMatchObject({ code: 2, text: expect.stringContaining('--prot') })
  await port.stop(true)
})
