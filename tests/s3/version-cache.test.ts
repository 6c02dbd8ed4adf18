import { beforeEach, expect, test } from 'bun:test'
import { LogbertError } from '../../src/core/errors.ts'
import { type ByteStore, memoryStore } from '../../src/core/store/byte-store.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import { versionCache } from '../../src/s3/version-cache.ts'

const parts = { templates: {}, vocab: {}, calibration: {}, training: {}, config: {} }
const draft = (created: number, bytes = 1_000) => ({
  ...{ name: 'app', ...parts, created },
  model: new Uint8Array(bytes).fill(created),
})

/** A store that counts what is read of it, and may be away. */
const counted = (store: ByteStore) => {
  const state = { away: false, reads: [] as string[] }
  const ask = <A extends [string, ...unknown[]], T>(work: (...asked: A) => Promise<T>) => {
    return async (...asked: A): Promise<T> => {
      if (state.away) throw new LogbertError('AWAY', 'the store is away')
      state.reads.push(asked[0])
      return work(...asked)
    }
  }
  const { read, look, list, ...rest } = store
  return { store: { ...rest, read: ask(read), look: ask(look), list: ask(list) }, state }
}

const files = (reads: readonly string[]) =>
  reads.filter(path => /\/(?!manifest)[a-z]+\.(?:json|onnx)$/.test(path))

let origin: ByteStore
let local: ByteStore
beforeEach(() => {
  origin = memoryStore()
  local = memoryStore()
})

test('a version is fetched once, by whatever process: the second load reads its files here', async () => {
  const { version } = await createRegistry(origin).publish(draft(1))
  const { store, state } = counted(origin)
  const hits: boolean[] = []
  const open = () => createRegistry(versionCache(store, local, { asked: hit => hits.push(hit) }))
  const first = await open().load('app', version)
  expect(files(state.reads).length).toBe(4)
  state.reads = []
  expect(await open().load('app', version)).toEqual(first)
  expect(files(state.reads)).toEqual([])
  expect(state.reads.length).toBeGreaterThan(0)
  expect(hits).toEqual([false, false, false, false, true, true, true, true])
})

test('what is damaged in the cache is fetched anew and mended', async () => {
  const { version } = await createRegistry(origin).publish(draft(1))
  const { store, state } = counted(origin)
  const registry = createRegistry(versionCache(store, local))
  const sound = await registry.load('app', version)
  const path = `app/${version}/model.onnx`
  for (const damaged of [new Uint8Array(1_000), new Uint8Array(3)]) {
    await local.write(path, damaged)
    state.reads = []
    expect(await registry.load('app', version)).toEqual(sound)
    expect(files(state.reads)).toEqual([path])
    expect(await local.read(path)).toEqual(sound.model!)
  }
})

test('what is damaged in the store is not kept, and said as without a cache', async () => {
  const { version } = await createRegistry(origin).publish(draft(1))
  const path = `app/${version}/model.onnx`
  await origin.write(path, new Uint8Array(1_000))
  const registry = createRegistry(versionCache(origin, local))
  await expect(registry.load('app', version)).rejects.toThrow(/model\.onnx failed: its SHA-256/)
  expect(await local.read(path)).toBeUndefined()
})

test('beyond its size the oldest versions go, the newest stays whatever its size', async () => {
  const publisher = createRegistry(origin)
  const registry = createRegistry(versionCache(origin, local, { maxBytes: 2_500 }))
  const keptAfter = async (created: number, bytes?: number) => {
    const { version } = await publisher.publish(draft(created, bytes))
    await registry.load('app', version)
    const kept = (await local.list('')).filter(path => path.endsWith('model.onnx'))
    return kept.map(path => Date.parse(path.slice(4, 23).replace(ISO, '$1-$2-$3T$4:$5:$6.$7Z')))
  }
  expect(await keptAfter(1)).toEqual([1])
  expect(await keptAfter(2)).toEqual([1, 2])
  expect(await keptAfter(3)).toEqual([2, 3])
  expect(await keptAfter(4, 9_000)).toEqual([4])
})
const ISO = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/

test('a cache that cannot be read or written makes loading slower, no more', async () => {
  const { version } = await createRegistry(origin).publish(draft(1))
  const full = async (): Promise<never> => {
    throw new LogbertError('LIMIT', 'the disk is full')
  }
  const broken = { ...local, read: full, look: full, write: full, list: full, clean: full }
  const registry = createRegistry(versionCache(origin, broken))
  await createRegistry(origin).promote('app', version)
  expect((await registry.load('app')).manifest.version).toBe(version)
})

test('while the store is away what was known last is given, and told once an outage', async () => {
  const publisher = createRegistry(origin)
  const [a, b] = [await publisher.publish(draft(1)), await publisher.publish(draft(2))]
  await publisher.promote('app', a.version)
  const { store, state } = counted(origin)
  const told: string[] = []
  const open = () =>
    createRegistry(versionCache(store, local, { away: ({ message }) => told.push(message) }))
  const before = open()
  const served = await before.load('app')
  expect(await before.resolve('app', 'previous')).toBeUndefined()
  state.away = true
  await publisher.promote('app', b.version)
  const restarted = open()
  expect(await restarted.resolve('app', 'latest')).toBe(a.version)
  expect(await restarted.resolve('app', 'previous')).toBeUndefined()
  expect((await restarted.list()).map(({ manifest }) => manifest.version)).toEqual([a.version])
  expect(await restarted.load('app', a.version)).toEqual(served)
  expect(told).toEqual(['the store is away'])
  // What was never asked for is not known: that is no answer.
  await expect(restarted.resolve('other', 'latest')).rejects.toThrow('away')
  await expect(restarted.load('app', b.version)).rejects.toThrow('away')
  state.away = false
  expect(await restarted.resolve('app', 'latest')).toBe(b.version)
  expect((await restarted.load('app')).manifest).toEqual(b)
  state.away = true
  expect(await restarted.resolve('app', 'latest')).toBe(b.version)
  expect(told.length).toBe(2)
})
