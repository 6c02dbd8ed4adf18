import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { NO_TOKENS } from '../../src/api/auth.ts'
import { TOPICS } from '../../src/bus/bus.ts'
import { createEmbeddedBus } from '../../src/bus/embedded.ts'
import { parseConfig } from '../../src/config.ts'
import type { Bundle } from '../../src/core/store/bundle.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import { openDatabase } from '../../src/db/open.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { GROUP } from '../../src/serve/pipeline/embedded-reader.ts'
import { type RunningServer, startServer } from '../../src/serve/server.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { client } from './client.ts'
import { until } from './program.ts'
import { later, publishVersion } from './versions.ts'

const engine = localEngine()
const { path: folder } = testFolder()
const { before, after } = simulatedLogs()
const given = after.map(({ line }) => line)
const lines = [...given, ...later(given)]
const models = join(folder, 'models')
let bundle: Bundle

beforeAll(async () => {
  bundle = await learnBundle(engine, before)
  await publishVersion(createRegistry(folderStore(models)), bundle)
})

const running: RunningServer[] = []
afterAll(async () => {
  for (const server of running) await server.stop()
})

/** The whole server in this process, but for its pipeline in a thread that can be made to end. */
const serve = async (name: string) => {
  const data = join(folder, name)
  mkdirSync(data)
  const config = parseConfig({
    env: {
      LOGBERT__SERVER__PORT: '0',
      LOGBERT__PATHS__DATA: data,
      LOGBERT__PATHS__MODELS: models,
      LOGBERT__MODEL__NAME: 'shop',
      LOGBERT__TRAIN__BACKEND: 'wasm',
      LOGBERT__SESSION__QUIETSECONDS: '600000',
    },
  })
  const notes: string[] = []
  const server = await startServer(config, {
    spawnPipeline: () => new Worker(new URL('./frail-worker.ts', import.meta.url).href),
    auth: NO_TOKENS,
    note: text => notes.push(text),
  })
  running.push(server)
  return { ...server, ...client(server.url), data, notes }
}

interface Ready {
  ready: boolean
  checks: { pipeline: { ok: boolean; reason?: string } }
}

test('a thread that ends is replaced; nothing is lost or doubled, and what is asked meanwhile is answered', async () => {
  const it = await serve('ends')
  const third = Math.ceil(lines.length / 3)
  await it.send(lines.slice(0, third))
  // Whoever asked what ended it is told; it is not asked again.
  const fatal = await it.post('/infer_batch', { logs: ['throw'] })
  expect(fatal.status).toBe(503)
  expect(await fatal.json()).toMatchObject({
    detail: expect.stringContaining('struck by lightning'),
  })
  const unready = await it.get('/readyz')
  expect(unready.status).toBe(503)
  expect((await unready.json()) as Ready).toMatchObject({
    checks: { pipeline: { ok: false, reason: expect.stringContaining('struck by lightning') } },
  })
  await it.send(lines.slice(third, 2 * third))
  const asked = it.post('/infer_batch', { logs: ['x'] })
  const rule = it.post('/suppressions', { text: 'nothing says this', reason: 'test' })
  expect((await asked).status).toBe(200)
  expect((await rule).status).toBe(201)
  expect((await it.get('/readyz')).status).toBe(200)

  expect((await it.post('/infer_batch', { logs: ['exit'] })).status).toBe(503)
  await it.send(lines.slice(2 * third))
  const bus = createEmbeddedBus({ file: join(it.data, 'bus.db') })
  await until(async () => (await it.json<Ready>('/readyz')).ready)
  await until(
    async () =>
      (await it.json<{ pipeline: { lines: number } }>('/model/status')).pipeline.lines ===
      lines.length,
  )
  await it.stop()
  const [lag] = await bus.lag(TOPICS.input, GROUP)
  expect(lag).toMatchObject({ end: lines.length, committed: lines.length })
  await bus.close()

  const placed = lines.map((line, position) => ({ ...line, position }))
  const stream = await engine.stream(bundle, {
    ...{ latenessMs: 5000, backend: 'wasm' },
    fetch: async positions => positions.map(at => placed[at]),
  })
  const { anomalies } = await stream.feed(placed)
  expect(anomalies.length).toBeGreaterThan(10)
  const db = openDatabase(join(it.data, 'logbert.db'))
  const idsOf = (all: { id: string }[]): string[] => all.map(({ id }) => id).sort()
  expect(idsOf([...db.anomalies.each({})].flat())).toEqual(idsOf(anomalies))
  const told = db.events.after(0, 100_000).filter(({ type }) => type === 'anomaly')
  expect(idsOf(told.map(({ data }) => JSON.parse(data)))).toEqual(idsOf(anomalies))
  db.close()
  expect(it.notes.filter(note => note.includes('is started again'))).toHaveLength(2)
}, 30_000)

test('it stops while there is no thread', async () => {
  const it = await serve('stops')
  expect((await it.post('/infer_batch', { logs: ['throw'] })).status).toBe(503)
  const rule = it.post('/suppressions', { text: 'x', reason: 'test' })
  const begun = performance.now()
  await it.stop()
  expect(performance.now() - begun).toBeLessThan(2_000)
  await rule.catch(() => undefined)
}, 10_000)
