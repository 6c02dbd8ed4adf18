import { describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { LogbertError } from '../../src/core/errors.ts'
import type { BundleDraft } from '../../src/core/store/bundle.ts'
import { type ByteStore, memoryStore } from '../../src/core/store/byte-store.ts'
import { createRegistry, type Registry } from '../../src/core/store/registry.ts'
import { sha256 } from '../../src/core/store/sha256.ts'
import { folderStore } from '../../src/platform/files.ts'
import { testFolder } from '../cli/folder.ts'

const { path: folder } = testFolder()
const DAY = 86_400_000

const draft = (created: number, more: Partial<BundleDraft> = {}): BundleDraft => ({
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
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it did not fail',
    error => (error instanceof LogbertError ? error.code : `${error}`),
  )

const channelsOf = async (registry: Registry, name = 'app') => ({
  latest: await registry.resolve(name, 'latest'),
  previous: await registry.resolve(name, 'previous'),
  candidate: await registry.resolve(name, 'candidate'),
})

/** Three versions, the first one is latest. */
const three = async (store: ByteStore) => {
  const registry = createRegistry(store)
  const ids: string[] = []
  for (const created of [1, 2, 3]) ids.push((await registry.publish(draft(created))).version)
  const [a, b, c] = ids as [string, string, string]
  await registry.promote('app', a)
  return { registry, store, a, b, c }
}

const stores: [string, () => ByteStore][] = [
  ['memory', memoryStore],
  ['a folder', () => folderStore(mkdtempSync(join(folder, 's-')))],
]

describe.each(stores)('the registry on %s', (_, make) => {
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
})

/** A store on which something happens just before a call of one kind on one path, once. */
const interrupted = (
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
const stop = () => Promise.reject(new Error('the power went'))

describe('what comes in between', () => {
  test('a publisher who is stopped before the manifest leaves nothing to see, and may begin again', async () => {
    const store = memoryStore()
    const stopped = interrupted(store, { call: 'swap', path: /manifest/ }, stop)
    await expect(createRegistry(stopped).publish(draft(1))).rejects.toThrow('power')
    expect((await store.list('')).length).toBe(4)
    const registry = createRegistry(store)
    expect(await registry.list()).toEqual([])
    const { version } = await registry.publish(draft(1))
    expect((await registry.load('app', version)).manifest.version).toBe(version)
  })

  test('half-written versions are swept when they are old; whole ones and folders of others stay', async () => {
    const store = memoryStore()
    const { registry } = await three(store)
    const stopped = interrupted(store, { call: 'swap', path: /manifest/ }, stop)
    await createRegistry(stopped)
      .publish(draft(DAY))
      .catch(() => undefined)
    await store.write('app/notes/today.txt', Uint8Array.of(1))
    await store.write('README.md', Uint8Array.of(1))
    const all = await store.list('')
    expect(await registry.sweep()).toEqual({ versions: [], pieces: 0 })
    expect(await store.list('')).toEqual(all)
    const { versions } = await registry.sweep(-1_000)
    expect(versions).toEqual([expect.stringMatching(/^app\/19700102T000000000Z-/)])
    expect(await store.list('')).toEqual(all.filter(path => !path.startsWith(versions[0]!)))
  })

  test('a removal that is stopped half-way cannot be loaded any longer', async () => {
    const store = memoryStore()
    const { registry, c } = await three(store)
    const stopped = interrupted(store, { call: 'remove', path: /calibration/ }, stop)
    await expect(createRegistry(stopped).remove('app', c)).rejects.toThrow('power')
    expect((await store.list(`app/${c}/`)).length).toBeGreaterThan(0)
    expect(await codeOf(registry.load('app', c))).toBe('BAD_BUNDLE')
    expect((await registry.sweep(-1_000)).versions).toEqual([`app/${c}`])
  })

  test('a version that is promoted while it is being removed stays', async () => {
    const store = memoryStore()
    const { registry, b } = await three(store)
    const remover = createRegistry(
      interrupted(store, { call: 'remove', path: /manifest/ }, () => registry.promote('app', b)),
    )
    expect(await codeOf(remover.remove('app', b))).toBe('CONFLICT')
    expect((await registry.load('app')).manifest.version).toBe(b)
  })

  test('a version that is removed while it is being promoted is not served', async () => {
    const store = memoryStore()
    const { registry, a, b, c } = await three(store)
    await registry.promote('app', b)
    const promoter = createRegistry(
      interrupted(store, { call: 'swap', path: /latest/ }, () => registry.remove('app', c)),
    )
    expect(await codeOf(promoter.promote('app', c))).toBe('CONFLICT')
    expect(await channelsOf(registry)).toMatchObject({ latest: b, previous: a })
  })

  test('a promotion that is stopped half-way leaves what was served, and heals', async () => {
    const store = memoryStore()
    const { registry, b, c } = await three(store)
    await registry.promote('app', b)
    const stopped = interrupted(store, { call: 'swap', path: /latest/ }, stop)
    await expect(createRegistry(stopped).promote('app', c)).rejects.toThrow('power')
    expect((await registry.load('app')).manifest.version).toBe(b)
    expect(await codeOf(registry.rollback('app'))).toBe('CONFLICT')
    await registry.promote('app', c)
    expect(await channelsOf(registry)).toMatchObject({ latest: c, previous: b })
  })

  test('of a promotion and a rollback at the same time one wins', async () => {
    for (const [path, winner] of [
      [/previous/, 'rollback'],
      [/latest/, 'promotion'],
    ] as const) {
      const store = memoryStore()
      const { registry, a, b, c } = await three(store)
      await registry.promote('app', b)
      let rolledBack = ''
      const meanwhile = async () => {
        rolledBack = await codeOf(registry.rollback('app'))
      }
      const promoter = createRegistry(interrupted(store, { call: 'swap', path }, meanwhile))
      const promoted = await codeOf(promoter.promote('app', c))
      const won = winner === 'promotion' ? promoted : rolledBack
      const lost = winner === 'promotion' ? rolledBack : promoted
      expect([won, lost]).toEqual(['it did not fail', 'CONFLICT'])
      const latest = winner === 'promotion' ? c : a
      expect(await channelsOf(registry)).toMatchObject({ latest, previous: b })
    }
  })
})

test('a folder that is no version is never taken for one, and names stay in the folder', async () => {
  const root = mkdtempSync(join(folder, 'odd-'))
  const store = folderStore(root)
  const registry = createRegistry(store)
  await store.write('manifest.json', Uint8Array.of(1))
  await store.write('a/manifest.json', Uint8Array.of(1))
  await store.write('a/b/c/manifest.json', Uint8Array.of(1))
  await store.write('app/broken/manifest.json', Uint8Array.of(1))
  expect(await registry.list()).toEqual([])
  expect(await codeOf(registry.publish(draft(1, { name: '../up' })))).toBe('BAD_CONFIG')
  expect(readdirSync(folder)).not.toContain('up')
})

test('a version that was copied by hand under another name is refused with what to do', async () => {
  const { registry, store, a } = await three(memoryStore())
  for (const path of await store.list(`app/${a}/`)) {
    await store.write(path.replace('app', 'copy'), (await store.read(path))!)
  }
  await expect(registry.load('copy', a)).rejects.toThrow(/is that of app@.*models export/)
  expect(await registry.list('copy')).toEqual([])
})

test('publishers that are killed at any moment leave whole versions only, and latest among them', async () => {
  const root = mkdtempSync(join(folder, 'k-'))
  const registry = createRegistry(folderStore(root))
  const told = new Set<string>()
  for (let round = 0; round < 6; round++) {
    const publishers = [1, 2].map(() =>
      Bun.spawn([process.execPath, join(import.meta.dir, 'publish-main.ts'), root], {
        stdout: 'pipe',
      }),
    )
    // Both have begun: the kill comes at some moment of their work.
    const [one, two] = publishers.map(({ stdout }) => stdout.tee())
    await Promise.all([one, two].map(streams => streams![0].getReader().read()))
    const outputs = [one, two].map(streams => new Response(streams![1]).text())
    await Bun.sleep(40 * round)
    for (const publisher of publishers) publisher.kill('SIGKILL')
    const lines = (await Promise.all(outputs)).flatMap(text => text.split('\n').slice(0, -1))
    for (const version of lines) told.add(version)
    await registry.load('app')
  }
  const listed = (await registry.list('app')).map(({ manifest }) => manifest.version)
  for (const version of listed) await registry.load('app', version)
  expect([...told].filter(version => !listed.includes(version))).toEqual([])
  expect(told.size).toBeGreaterThan(6)
  await registry.sweep(-1_000)
  const left = new Set(readdirSync(join(root, 'app')))
  for (const each of [...listed, 'latest', 'previous']) left.delete(each)
  expect([...left]).toEqual([])
}, 60_000)
