import { describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ByteStore, memoryStore } from '../../src/core/store/byte-store.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import { folderStore } from '../../src/platform/files.ts'
import { testFolder } from '../cli/folder.ts'
import {
  channelsOf,
  codeOf,
  draft,
  interrupted,
  registryContract,
  stop,
  three,
} from './registry-contract.ts'

const { path: folder } = testFolder()
const DAY = 86_400_000

const stores: [string, () => ByteStore][] = [
  ['memory', memoryStore],
  ['a folder', () => folderStore(mkdtempSync(join(folder, 's-')))],
]

describe.each(stores)('the registry on %s', (_, make) => registryContract(make))

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
