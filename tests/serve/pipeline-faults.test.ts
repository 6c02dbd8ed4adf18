import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { TOPICS } from '../../src/bus/bus.ts'
import { createEmbeddedBus, type EmbeddedBus } from '../../src/bus/embedded.ts'
import { parseConfig } from '../../src/config.ts'
import { LogbertError } from '../../src/core/errors.ts'
import type { Engine } from '../../src/core/pipeline/engine.ts'
import type { Bundle } from '../../src/core/store/bundle.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import type { Anomaly, LogLine } from '../../src/core/types.ts'
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
import { later, publishVersion } from './versions.ts'

const engine = localEngine()
const { path: folder } = testFolder()
const { before, after } = simulatedLogs()
const given = after.map(({ line }) => line)
const HOUR = 3_600_000
let bundle: Bundle

beforeAll(async () => {
  bundle = await learnBundle(engine, before)
})

const closes: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closes) await close()
})

interface Given {
  env?: Record<string, string>
  engine?: Engine
  /** Something in the way of those who fetch lines of the bus; throws if it is. */
  fetching?(): void
  /** Database and models; new ones when absent. */
  db?: string
  models?: string
}

/** The pipeline on a bus, a database and models of its own. */
const work = async (name: string, { env = {}, ...place }: Given = {}) => {
  const data = join(folder, name)
  mkdirSync(data, { recursive: true })
  const models = place.models ?? join(data, 'models')
  const registry = createRegistry(folderStore(models))
  if (place.models === undefined) await publishVersion(registry, bundle)
  const config = parseConfig({
    env: { LOGBERT__MODEL__NAME: 'shop', LOGBERT__TRAIN__BACKEND: 'wasm', ...env },
  })
  const real = createEmbeddedBus({ file: join(data, 'bus.db') })
  const bus: EmbeddedBus = {
    ...real,
    async fetch(...asked) {
      place.fetching?.()
      return real.fetch(...asked)
    },
  }
  const file = place.db ?? join(data, 'logbert.db')
  const db = openDatabase(file)
  const told: Told[] = []
  const intake = embeddedIntake({ config, bus, db, stored: stored(told) })
  const deps = { config, intake, registry, engine: place.engine ?? engine }
  const pipeline = startPipeline({ ...deps, tell: each => told.push(each) })
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await pipeline.stop()
    await bus.close()
    db.close()
  }
  closes.push(close)
  const stats = () => told.findLast(each => each.type === 'stats')?.stats
  const counted = (what: 'failed' | 'badModels'): number =>
    told.reduce((sum, each) => sum + (each.type === 'stats' ? each.counts[what] : 0), 0)
  return {
    ...{ pipeline, bus, db, told, registry, models, file, counted, close },
    publish: (lines: readonly LogLine[]) => bus.publish(TOPICS.input, lines),
    /** Waits for the latest figures that say so. */
    reach: (holds: (figures: NonNullable<ReturnType<typeof stats>>) => boolean) =>
      until(() => {
        const figures = stats()
        return figures !== undefined && holds(figures)
      }),
    anomalies: () => [...db.anomalies.each({})].flat().sort(byId),
  }
}

const byId = (a: Anomaly, b: Anomaly): number => (a.id < b.id ? -1 : 1)
const idsOf = (anomalies: readonly Anomaly[]): string[] => anomalies.map(({ id }) => id)

/** What the engine finds in the lines of a bus, some of which are left out. */
const truth = async (
  lines: readonly LogLine[],
  idleMs: number | undefined,
  without: (line: LogLine) => boolean = () => false,
): Promise<Anomaly[]> => {
  const placed = lines.map((line, position) => ({ ...line, position }))
  const stream = await engine.stream(bundle, {
    ...{ latenessMs: 5000, backend: 'wasm' },
    ...(idleMs !== undefined && { idleMs }),
    fetch: async positions => positions.map(at => placed[at]),
  })
  const { anomalies } = await stream.feed(placed.filter(line => !without(line)))
  return anomalies.sort(byId)
}

/** No session ends by the clock. */
const NO_CLOCK = { LOGBERT__SESSION__QUIETSECONDS: '600000' }

test('a line that scoring fails on is set aside and counted; those around it are judged as without it', async () => {
  const isBad = ({ text }: LogLine): boolean => text.includes('POISON')
  const poison = { ...given[700]!, text: `${given[700]!.text} POISON` }
  const lines = [...given.slice(0, 700), poison, ...given.slice(700), ...later(given)]
  const frail: Engine = {
    ...engine,
    async stream(...args) {
      const stream = await engine.stream(...args)
      const feed: typeof stream.feed = async fed => {
        if (fed.some(isBad)) throw new Error('cannot read it')
        return stream.feed(fed)
      }
      return Object.assign(Object.create(stream), { feed })
    },
  }
  const it = await work('poison', { env: NO_CLOCK, engine: frail })
  await it.publish(lines)
  await it.reach(({ lag }) => lag === 0 && it.counted('failed') > 0)
  const expected = await truth(lines, undefined, isBad)
  expect(expected.length).toBeGreaterThan(10)
  expect(it.anomalies()).toMatchObject(expected.map(({ id, lines }) => ({ id, lines })))
  const dead = await Array.fromAsync(it.bus.read(TOPICS.dlq, { partition: 0 }))
  const { text, source } = poison
  expect(dead.flatMap(({ messages }) => messages)).toMatchObject([{ text, source }])
  expect(it.counted('failed')).toBe(1)
  expect(it.told).toContainEqual({
    type: 'trouble',
    message: expect.stringContaining('cannot read it'),
  })
  await it.close()
}, 30_000)

test('a bus that cannot be read for a moment is no fault of the lines', async () => {
  let failures = 1
  const fetching = (): void => {
    if (failures-- > 0) throw new LogbertError('LIMIT', 'the disk gave an error')
  }
  const it = await work('fetching', { env: NO_CLOCK, fetching })
  await it.publish(given)
  await it.reach(({ lag }) => lag === 0)
  const troubles = it.told.filter(({ type }) => type === 'trouble')
  expect(troubles).toEqual([{ type: 'trouble', message: 'the disk gave an error' }])
  expect(idsOf(it.anomalies())).toEqual(idsOf(await truth(given, undefined)))
  await it.close()
})

test('silence by the clock ends sessions; a crash after it finds the same again', async () => {
  const env = {
    LOGBERT__SESSION__QUIETSECONDS: '0.6',
    LOGBERT__PIPELINE__CHECKPOINTSECONDS: '3600',
  }
  const first = await work('silence', { env })
  await first.publish(given)
  await first.reach(({ lag, sessions }) => lag === 0 && sessions > 0)
  const early = first.anomalies().length
  await first.reach(({ openSessions }) => openSessions === 0)
  const found = first.anomalies()
  expect(found.length).toBeGreaterThan(early)
  expect(first.db.pipeline.checkpoint()!.next).toEqual({ 0: 0 })

  // As after a crash, but without what was found: it has to be found again.
  const copy = join(folder, 'silence', 'copy.db')
  const raw = new DatabaseSync(first.file)
  raw.exec(`VACUUM INTO '${copy}'`)
  raw.close()
  const emptied = new DatabaseSync(copy)
  emptied.exec('DELETE FROM anomalies; DELETE FROM anomaly_bodies')
  emptied.close()
  await first.close()
  const { models } = first
  const again = await work('silence', { env, db: copy, models })
  await again.reach(({ lines, openSessions }) => lines === given.length && openSessions === 0)
  expect(idsOf(again.anomalies())).toEqual(idsOf(found))
  await again.close()
}, 30_000)

test('lines that retention took from open sessions are shown as their templates', async () => {
  const env = { ...NO_CLOCK, LOGBERT__SESSION__IDLESECONDS: '1800' }
  const it = await work('retention', { env })
  await it.publish(given)
  await it.reach(({ lag }) => lag === 0)
  // Windows are full without silence.
  const early = new Set(idsOf(it.anomalies()))
  await it.pipeline.refresh()
  await it.bus.retain({ now: Date.now() + HOUR, maxAgeMs: 0, maxBytes: 2 ** 40 })
  expect(await it.bus.fetch(TOPICS.input, 0, [0])).toEqual([undefined])
  const more = later(given)
  await it.publish(more)
  await it.reach(({ lines, lag }) => lines === given.length + more.length && lag === 0)
  const found = it.anomalies()
  expect(idsOf(found)).toEqual(idsOf(await truth([...given, ...more], HOUR / 2)))
  const late = found.filter(({ id }) => !early.has(id)).flatMap(each => each.lines)
  expect(late.length).toBeGreaterThan(50)
  expect(late.map(({ text }) => text)).toEqual(late.map(({ template }) => template))
  await it.close()
}, 30_000)

test('the first model is served when the call that asks for it returns', async () => {
  const it = await work('first', { models: join(folder, 'none') })
  await expect(it.pipeline.infer(given.slice(0, 5))).rejects.toThrow('no trained model yet')
  await publishVersion(it.registry, bundle)
  await it.pipeline.refresh()
  const { model } = await it.pipeline.infer(given.slice(0, 5))
  expect(model.name).toBe('shop')
  await it.close()
})

test('where the served version is damaged at a start, the one before it goes on; without one it says so and stops at once', async () => {
  const first = await work('damaged')
  const { models } = first
  const only = (await first.registry.resolve('shop', 'latest'))!
  const version = await publishVersion(first.registry, bundle, 1)
  await first.publish(given.slice(0, 500))
  await first.pipeline.refresh()
  await first.reach(({ lag }) => lag === 0)
  await first.close()
  const vocab = join(models, 'shop', version, 'vocab.json')
  await Bun.write(vocab, (await Bun.file(vocab).text()).replace(/.$/s, ' '))

  const second = await work('damaged', { models })
  await second.publish(given.slice(500, 600))
  await second.reach(({ lines, lag }) => lines === 600 && lag === 0)
  expect(second.told).toContainEqual({
    type: 'note',
    text: expect.stringMatching(/vocab\.json.*SHA-256.*instead/),
  })
  expect(second.counted('badModels')).toBe(1)
  await second.close()

  await Bun.write(join(models, 'shop', only, 'vocab.json'), '{}')
  const third = await work('damaged', { models })
  // It tries again, and waits for longer and longer in between.
  await until(() => third.told.filter(({ type }) => type === 'trouble').length === 3)
  expect(third.told).toContainEqual({
    type: 'trouble',
    message: expect.stringMatching(/vocab\.json.*SHA-256/),
  })
  await expect(third.pipeline.infer(given.slice(0, 5))).rejects.toThrow('vocab.json')
  const asked = performance.now()
  await third.close()
  expect(performance.now() - asked).toBeLessThan(1_000)
}, 30_000)
