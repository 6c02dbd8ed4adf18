import { afterAll, beforeAll, expect, test } from 'bun:test'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Bundle } from '../../src/core/store/bundle.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import type { Anomaly } from '../../src/core/types.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { type Client, client } from './client.ts'
import { killAll, startProgram, until } from './program.ts'
import { draftOf, later, publishVersion } from './versions.ts'

const engine = localEngine()
const { path: folder } = testFolder()
const { before, after } = simulatedLogs()
const given = after.map(({ line }) => line)
const lines = [...given, ...later(given)]
const models = join(folder, 'models')
const registry = createRegistry(folderStore(models))
const env = { LOGBERT__MODEL__NAME: 'shop', LOGBERT__SESSION__QUIETSECONDS: '600000' }
let bundle: Bundle
let first: string
let second: string

beforeAll(async () => {
  bundle = await learnBundle(engine, before)
  first = await publishVersion(registry, bundle)
  second = (await registry.publish(draftOf(bundle, 1))).version
})
afterAll(killAll)

const served = async (it: Client): Promise<string | undefined> =>
  (await it.json('/model/status')).served?.version

const metric = async (it: Client, name: string): Promise<number> => {
  const text = await (await it.get('/metrics')).text()
  const line = text.split('\n').find(each => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}

test('versions are exchanged and rolled back under traffic: every line is in the same session as without', async () => {
  const { url, child } = await startProgram({ data: join(folder, 'swapped'), models, env })
  const it = client(url)
  const parts = 40
  const size = Math.ceil(lines.length / parts)
  const answers: number[] = []
  const promote = async () => answers.push((await it.post(`/models/${second}/promote`)).status)
  const rollback = async () => answers.push((await it.post('/models/rollback')).status)
  let changes: Promise<unknown> = Promise.resolve()
  for (let part = 0; part < parts; part++) {
    await it.send(lines.slice(part * size, (part + 1) * size))
    // Lines go on coming meanwhile.
    if (part % 8 === 4) changes = changes.then(part % 16 === 4 ? promote : rollback)
    await Bun.sleep(5)
  }
  await changes
  expect(answers).toEqual([200, 200, 200, 200, 200])
  expect(await served(it)).toBe(second)
  await until(async () => (await it.json('/model/status')).pipeline.lines === lines.length)
  const { pipeline } = await it.json('/model/status')
  const found = (await it.json<{ items: Anomaly[] }>('/anomalies?limit=1000')).items

  const stream = await engine.stream(bundle, { latenessMs: 5000, backend: 'wasm' })
  const { anomalies } = await stream.feed(lines.map((line, position) => ({ ...line, position })))
  const { sessions, open, held } = stream.stats
  expect(pipeline).toMatchObject({ sessions, openSessions: open, heldEvents: held })
  const places = (all: readonly Anomaly[]): string[] =>
    all.map(({ session, lines }) => `${session} ${lines.map(({ line }) => line)}`).sort()
  expect(places(found)).toEqual(places(anomalies))
  expect(new Set(found.map(({ model }) => model.version))).toEqual(new Set([first, second]))
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
}, 30_000)

test('promotions that cannot be are refused, and the version that is served goes on', async () => {
  const own = join(folder, 'refused-models')
  cpSync(models, own, { recursive: true })
  const stock = createRegistry(folderStore(own))
  const third = (await stock.publish(draftOf(bundle, 2))).version
  const fourth = (await stock.publish(draftOf(bundle, 3))).version
  const place = { data: join(folder, 'refused'), models: own, env }
  const { url, child, said } = await startProgram(place)
  const it = client(url)
  const now = (await served(it))!
  const twice = await it.post(`/models/${now}/promote`)
  expect(twice.status).toBe(409)
  expect((await twice.json()).detail).toContain('it is latest already')
  const raced = await it.post(`/models/${third}/promote`, { expected: third })
  expect(raced.status).toBe(409)
  expect((await it.post('/models/20200101T000000000Z-00000000/promote')).status).toBe(404)

  const damage = async (version: string): Promise<void> => {
    const file = join(own, 'shop', version, 'calibration.json')
    const bytes = await Bun.file(file).bytes()
    bytes[bytes.length >> 1]! ^= 1
    await Bun.write(file, bytes)
  }
  await damage(third)
  const refused = await it.post(`/models/${third}/promote`)
  expect(refused.status).toBe(503)
  const { sha256 } = (await stock.list('shop')).find(({ manifest }) => manifest.version === third)!
    .manifest.files['calibration.json']!
  const { detail } = await refused.json()
  expect(detail).toContain(`${third}/calibration.json`)
  expect(detail.match(/[0-9a-f]{64}/g)).toEqual([expect.not.stringContaining(sha256), sha256])
  expect(await served(it)).toBe(now)
  expect(await stock.resolve('shop', 'latest')).toBe(now)
  await until(async () => (await metric(it, 'logbert_bad_models_total')) === 1)

  // Another program promotes one that is damaged afterwards.
  await stock.promote('shop', fourth)
  await damage(fourth)
  await until(async () => (await metric(it, 'logbert_bad_models_total')) === 2)
  expect(said()).toContain(`serving shop@${fourth} failed, shop@${now} goes on`)
  expect(await served(it)).toBe(now)
  await it.send(lines.slice(0, 500))
  await until(async () => (await it.json('/model/status')).pipeline.lines === 500)
  expect((await it.get('/readyz')).status).toBe(200)
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
}, 30_000)
