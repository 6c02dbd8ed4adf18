import { expect, test as plain } from 'bun:test'
import { LogbertError } from '../../src/core/errors.ts'
import type { BundleDraft } from '../../src/core/store/bundle.ts'
import type { ByteStore } from '../../src/core/store/byte-store.ts'
import { createRegistry, type Registry } from '../../src/core/store/registry.ts'
import { sha256 } from '../../src/core/store/sha256.ts'

export const draft = (created: number, more: Partial<BundleDraft> = {}): BundleDraft => ({
  name: 'app',
  templates: {},
  vocab: {},
  calibration: {},
  model: Uint8Array.of(1, 2, 3),
  training: {},
  config: {},
  created,
  ...more,
})

/** Error code of what must fail. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it did not fail',
    error => (error instanceof LogbertError ? error.code : `${error}`),
  )

export const channelsOf = async (registry: Registry, name = 'app') => ({
  latest: await registry.resolve(name, 'latest'),
  previous: await registry.resolve(name, 'previous'),
  candidate: await registry.resolve(name, 'candidate'),
})

/** Three versions, the first one is latest. */
export const three = async (store: ByteStore) => {
  const registry = createRegistry(store)
  const ids: string[] = []
  for (const created of [1, 2, 3]) ids.push((await registry.publish(draft(created))).version)
  const [a, b, c] = ids as [string, string, string]
  await registry.promote('app', a)
  return { registry, store, a, b, c }
}

/** A store on which something happens just before a call of one kind on one path, once. */
export const interrupted = (
  store: ByteStore,
  at: { call: 'swap' | 'remove' | 'write'; path: RegExp },
  happen: () => Promise<unknown>,
): ByteStore => {
  let due = true
  const before = async (call: string, path: string): Promise<void> => {
    if (!due || call !== at.call || !at.path.test(path)) return
    due = false
    await happen()
  }
  return {
    ...store,
    swap: async (path, tag, bytes) => {
      await before('swap', path)
      return store.swap(path, tag, bytes)
    },
    remove: async path => {
      await before('remove', path)
      return store.remove(path)
    },
    write: async (path, bytes) => {
      await before('write', path)
      return store.write(path, bytes)
    },
  }
}
export const stop = () => Promise.reject(new Error('the power went'))

/**
 * What the registry must do on every store.
 * @param make an empty store
 * @param timeoutMs longest that one test may take
 */
export const registryContract = (make: () => ByteStore, timeoutMs = 5_000): void => {
  const test = (what: string, run: () => Promise<void>) => plain(what, run, timeoutMs)

  test('publishes without serving, offers, promotes and rolls back', async () => {
    const registry = createRegistry(make())
    const a = await registry.publish(draft(1))
    expect(await channelsOf(registry)).toEqual({} as never)
    await registry.offer('app', a.version)
    expect((await registry.list())[0]!.channels).toEqual(['candidate'])
    expect(await registry.promote('app')).toEqual({ manifest: a, channels: ['latest'] })
    const b = await registry.publish(draft(2))
    await registry.offer('app', b.version)
    await registry.promote('app')
    expect(await channelsOf(registry)).toEqual({
      latest: b.version,
      previous: a.version,
      candidate: undefined,
    })
    expect((await registry.load('app')).manifest).toEqual(b)
    expect((await registry.rollback('app')).manifest).toEqual(a)
    expect(await channelsOf(registry)).toMatchObject({ latest: a.version, previous: b.version })
    expect((await registry.rollback('app')).manifest).toEqual(b)
  })

  test('lists newest first, by name if asked', async () => {
    const { registry, a, b, c } = await three(make())
    await registry.publish(draft(2.5, { name: 'other' }))
    const ids = async (name?: string) =>
      (await registry.list(name)).map(({ manifest }) => manifest.version)
    expect(await ids('app')).toEqual([c, b, a])
    expect((await registry.list()).map(({ manifest }) => manifest.name)).toEqual([
      'app',
      'app',
      'other',
      'app',
    ])
    expect(await ids('none')).toEqual([])
  })

  test('promotes once: twice, without candidate, or against what was expected is a conflict', async () => {
    const { registry, a, b } = await three(make())
    expect(await codeOf(registry.promote('app', a))).toBe('CONFLICT')
    expect(await codeOf(registry.promote('app'))).toBe('CONFLICT')
    expect(await codeOf(registry.promote('app', b, null))).toBe('CONFLICT')
    expect(await codeOf(registry.promote('app', b, b))).toBe('CONFLICT')
    await registry.promote('app', b, a)
    expect(await channelsOf(registry)).toMatchObject({ latest: b, previous: a })
  })

  test('answers for models and versions that are not there with those that are', async () => {
    const { registry, a, b, c } = await three(make())
    await expect(registry.promote('app', 'nope')).rejects.toThrow(new RegExp(`${a}.*${b}.*${c}`))
    for (const work of [
      () => registry.offer('app', 'nope'),
      () => registry.remove('app', 'nope'),
      () => registry.load('app', 'nope'),
      () => registry.promote('nope'),
      () => registry.rollback('nope'),
      () => registry.load('app', '../other'),
    ]) {
      expect(await codeOf(work())).toBe('BAD_BUNDLE')
    }
    expect(await codeOf(registry.rollback('app'))).toBe('CONFLICT')
    expect(await codeOf(registry.resolve('../x', 'latest'))).toBe('BAD_CONFIG')
    expect(await channelsOf(registry)).toMatchObject({ latest: a })
  })

  test('removes what no channel names, and nothing else', async () => {
    const { registry, store, a, b, c } = await three(make())
    await registry.promote('app', b)
    await registry.offer('app', c)
    for (const [version, channel] of [
      [a, 'previous'],
      [b, 'latest'],
      [c, 'candidate'],
    ] as const) {
      await expect(registry.remove('app', version)).rejects.toThrow(`${channel} names it`)
    }
    await registry.promote('app')
    await registry.remove('app', a)
    expect(await store.list(`app/${a}/`)).toEqual([])
    expect((await registry.list()).map(({ manifest }) => manifest.version)).toEqual([c, b])
  })

  test('never changes a version: the very same may come again, another of its id may not', async () => {
    const { registry, store, a } = await three(make())
    expect((await registry.publish(draft(1))).version).toBe(a)
    const changed = draft(1, { training: { lines: 9 } })
    expect(await codeOf(registry.publish(changed))).toBe('CONFLICT')
    await store.write(`app/${a}/model.onnx`, Uint8Array.of(9))
    expect(await codeOf(registry.load('app', a))).toBe('BAD_BUNDLE')
    await registry.publish(draft(1))
    expect(new Uint8Array((await registry.load('app', a)).model!)).toEqual(Uint8Array.of(1, 2, 3))
  })

  test('promotes, rolls back and loads nothing damaged, and names the file and both sums', async () => {
    const { registry, store, a, b } = await three(make())
    const bad = Uint8Array.of(1, 2, 4)
    await store.write(`app/${b}/model.onnx`, bad)
    for (const work of [() => registry.promote('app', b), () => registry.load('app', b)]) {
      const message = (await work().catch(error => error)).message
      expect(message).toContain(`${b}/model.onnx`)
      expect(message).toContain(await sha256(bad))
      expect(message).toContain(await sha256(Uint8Array.of(1, 2, 3)))
    }
    expect(await channelsOf(registry)).toMatchObject({ latest: a, previous: undefined })
  })

  test('of many who promote at once one wins, and rolling back gives what was before', async () => {
    const { registry, a, b, c } = await three(make())
    const work = Array.from({ length: 10 }, (_, i) => registry.promote('app', i % 2 === 0 ? b : c))
    const codes = await Promise.all(work.map(codeOf))
    expect(codes.filter(code => code === 'it did not fail').length).toBe(1)
    expect(codes.filter(code => code === 'CONFLICT').length).toBe(9)
    const { latest, previous } = await channelsOf(registry)
    expect([b, c]).toContain(latest!)
    expect(previous).toBe(a)
  })
}
