import { beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { TOPICS } from '../../src/bus/bus.ts'
import { createEmbeddedBus } from '../../src/bus/embedded.ts'
import { parseConfig } from '../../src/config.ts'
import type { Engine } from '../../src/core/pipeline/engine.ts'
import type { Bundle } from '../../src/core/store/bundle.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import type { LogLine } from '../../src/core/types.ts'
import { openDatabase } from '../../src/db/open.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { embeddedIntake } from '../../src/serve/pipeline/embedded-place.ts'
import { startPipeline } from '../../src/serve/pipeline/pipeline.ts'
import type { Told } from '../../src/serve/pipeline/protocol.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { until } from './program.ts'
import { stored } from './told.ts'

const engine = localEngine()
const { path: folder } = testFolder()
const { before, after } = simulatedLogs()
const lines = after.map(({ line }) => line)
let bundle: Bundle
let places = 0

beforeAll(async () => {
  bundle = await learnBundle(engine, before)
})

const draftOf = ({ manifest, ...parts }: Bundle) => ({
  ...parts,
  name: manifest.name,
  training: manifest.training,
  config: manifest.config,
})

/** Bus, database and registry in a folder of their own, with one model promoted. */
const place = async (env: Record<string, string> = {}) => {
  const data = join(folder, `p${places++}`)
  mkdirSync(data)
  const config = parseConfig({
    env: {
      LOGBERT__MODEL__NAME: 'shop',
      LOGBERT__TRAIN__BACKEND: 'wasm',
      LOGBERT__SESSION__QUIETSECONDS: '600000',
      LOGBERT__PIPELINE__CHECKPOINTSECONDS: '0.2',
      ...env,
    },
  })
  const bus = createEmbeddedBus({ file: join(data, 'bus.db') })
  const file = join(data, 'logbert.db')
  const db = openDatabase(file)
  const models = join(data, 'models')
  const registry = createRegistry(folderStore(models))
  const { version } = await registry.publish({ ...draftOf(bundle), created: 1e12 })
  await registry.promote('shop', version)
  const told: Told[] = []
  const start = (using: Engine = engine, into = db) =>
    startPipeline({
      ...{ config, registry, engine: using },
      intake: embeddedIntake({ config, bus, db: into, stored: stored(told) }),
      tell: each => told.push(each),
    })
  const send = async (given: readonly LogLine[]): Promise<void> => {
    for (let at = 0; at < given.length; at += 500) {
      await bus.publish(TOPICS.input, given.slice(at, at + 500))
    }
  }
  const read = () =>
    until(async () => {
      const [lag] = await bus.lag(TOPICS.input, 'logbert')
      return lag !== undefined && lag.end > 0 && lag.committed === lag.end
    })
  const found = () => [...db.anomalies.each({})].flat()
  return { bus, db, file, registry, models, version, told, start, send, read, found, config }
}

const idsOf = (all: readonly { id: string }[]): string[] => all.map(({ id }) => id).sort()

describe('a line on which scoring fails every time', () => {
  /** The real engine, which stumbles over one text. */
  const stumbling = (bad: string): Engine => ({
    ...engine,
    async stream(...given) {
      const stream = await engine.stream(...given)
      const feed: typeof stream.feed = async given => {
        if (given.some(({ text }) => text === bad)) throw new Error('stumbled')
        return stream.feed(given)
      }
      return new Proxy(stream, {
        get: (of, name) => (name === 'feed' ? feed : Reflect.get(of, name)),
      })
    },
  })

  test('goes to the dead letters, is counted, and all others are judged as if it were not there', async () => {
    const clean = await place()
    const first = clean.start()
    await clean.send(lines)
    await clean.read()
    await first.stop()
    expect(clean.found().length).toBeGreaterThan(3)

    const bad: LogLine = { text: 'the line that breaks it', source: 'poison', arrived: 0 }
    const other = await place()
    const pipeline = other.start(stumbling(bad.text))
    await other.send([...lines, bad])
    await other.read()
    await pipeline.stop()
    expect(idsOf(other.found())).toEqual(idsOf(clean.found()))
    const dead: string[] = []
    for await (const batch of other.bus.read(TOPICS.dlq, { partition: 0 })) {
      dead.push(...batch.messages.map(({ text }) => text))
    }
    expect(dead).toEqual([bad.text])
    const failed = other.told.map(told => (told.type === 'stats' ? told.counts.failed : 0))
    expect(failed.reduce((a, b) => a + b, 0)).toBe(1)
    expect(other.told.some(told => told.type === 'trouble' && /stumbled/.test(told.message))).toBe(
      true,
    )
  }, 60_000)
})

test('a database that is full stops the reading, loses nothing, and goes on when there is room', async () => {
  const at = await place()
  const tight = openDatabase(at.file, { maxBytes: 200_000 })
  const stuck = at.start(engine, tight)
  await at.send(lines)
  const troubles = () => at.told.filter(({ type }) => type === 'trouble').length
  await until(() => troubles() > 4)
  await stuck.stop().catch(() => undefined)
  tight.close()
  expect(await at.bus.lag(TOPICS.dlq, 'none')).toMatchObject([{ end: 0 }])
  const pipeline = at.start()
  await at.read()
  await pipeline.stop()
  const clean = await place()
  const alone = clean.start()
  await clean.send(lines)
  await clean.read()
  await alone.stop()
  expect(idsOf(at.found())).toEqual(idsOf(clean.found()))
}, 60_000)

test('sessions that real silence ended stay ended after a restart', async () => {
  const at = await place({ LOGBERT__SESSION__QUIETSECONDS: '0.5' })
  const first = at.start()
  await at.send(lines.slice(0, 3000))
  await at.read()
  await until(() => at.told.some(told => told.type === 'stats' && told.stats.openSessions === 0))
  await first.stop()
  const ended = idsOf(at.found())
  expect(ended.length).toBeGreaterThan(0)
  const second = at.start()
  await at.send(lines.slice(3000))
  await at.read()
  await second.stop()
  const all = idsOf(at.found())
  expect(ended.every(id => all.includes(id))).toBe(true)
  const told = at.db.events.after(0, 100_000).filter(({ type }) => type === 'anomaly')
  expect(told.map(({ data }) => JSON.parse(data).id).sort()).toEqual(all)
}, 60_000)

describe('models', () => {
  test('are exchanged under way: lines are judged once, by the one or the other', async () => {
    const at = await place()
    const pipeline = at.start()
    const half = lines.length >> 1
    await at.send(lines.slice(0, half))
    await at.read()
    const next = await at.registry.publish({ ...draftOf(bundle), created: 2e12 })
    await at.registry.promote('shop', next.version)
    await pipeline.refresh()
    expect(at.told.filter(told => told.type === 'model').at(-1)).toMatchObject({
      model: { version: next.version },
    })
    await at.send(lines.slice(half))
    await at.read()
    await pipeline.stop()
    const clean = await place()
    const alone = clean.start()
    await clean.send(lines)
    await clean.read()
    await alone.stop()
    // The same model by another name finds the same sessions, those that were open included.
    const sessions = (all: { session: string }[]) => all.map(({ session }) => session).sort()
    expect(sessions(at.found())).toEqual(sessions(clean.found()))
    expect(new Set(at.found().map(({ model }) => model.version)).size).toBe(2)
  }, 60_000)

  test('that are damaged are refused by name, and the one before goes on', async () => {
    const at = await place()
    const pipeline = at.start()
    await at.send(lines.slice(0, 1000))
    await at.read()
    const next = await at.registry.publish({ ...draftOf(bundle), created: 2e12 })
    await at.registry.promote('shop', next.version)
    const file = join(at.models, 'shop', next.version, 'calibration.json')
    await Bun.write(file, (await Bun.file(file).text()).replace('1', '2'))
    const fault = await pipeline.refresh().then(
      () => '',
      (error: Error) => error.message,
    )
    expect(fault).toMatch(/calibration\.json.*SHA-256.*manifest says/)
    await at.send(lines.slice(1000))
    await at.read()
    await pipeline.stop()
    expect(new Set(at.found().map(({ model }) => model.version))).toEqual(new Set([at.version]))
    expect(readdirSync(join(at.models, 'shop'))).toContain(next.version)
  }, 60_000)
})

test('what people call normal is in effect when they are told so', async () => {
  const at = await place()
  const pipeline = at.start()
  await at.send(lines)
  await at.read()
  const odd = at.found().find(({ kind }) => kind === 'missing ending')!
  const course = at.db.anomalies.course(odd.id)!
  const { anomalies } = await pipeline.infer(lines)
  expect(anomalies.length).toBeGreaterThan(0)
  at.db.feedback.add({
    ...{ id: 'f', anomaly: odd.id, verdict: 'normal', created: 0 },
    ...{ session: [...course.templates], kind: course.kind, templates: [] },
  })
  await pipeline.refresh()
  const known = new Set(idsOf(at.found()))
  // The same lines as other requests.
  const again = lines.map(line => ({
    ...line,
    text: line.text.replace(/[0-9a-f]{32}/g, id => [...id].reverse().join('')),
  }))
  await at.send(again)
  await at.read()
  await pipeline.stop()
  const fresh = at.found().filter(({ id }) => !known.has(id))
  const alike = fresh.filter(
    ({ id }) => at.db.anomalies.course(id)!.templates.join('\n') === course.templates.join('\n'),
  )
  expect(fresh.length).toBeGreaterThan(0)
  expect(alike).toEqual([])
}, 60_000)
