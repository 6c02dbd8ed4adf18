import { expect, test } from 'bun:test'
import { readBundle } from '../../src/core/store/bundle.ts'
import { type ByteStore, memoryStore } from '../../src/core/store/byte-store.ts'
import type { Manifest } from '../../src/core/store/manifest.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import { sha256 } from '../../src/core/store/sha256.ts'
import { exportBundle, importBundle } from '../../src/core/store/transfer.ts'

const draft = {
  name: 'app',
  ...{ templates: {}, vocab: { events: [1] }, calibration: {}, training: {}, config: {} },
  model: Uint8Array.of(1, 2, 3),
  created: 1_000,
}

const exported = async () => {
  const store = memoryStore()
  const registry = createRegistry(store)
  const { version } = await registry.publish(draft)
  await registry.offer('app', version)
  const target = memoryStore()
  await exportBundle(store, 'app', 'candidate', target)
  return { store, target, version }
}

const rewriteManifest = async (store: ByteStore, change: (manifest: Manifest) => void) => {
  const manifest = JSON.parse(new TextDecoder().decode(await store.read('manifest.json')))
  change(manifest)
  await store.write('manifest.json', new TextEncoder().encode(JSON.stringify(manifest)))
}

test('what is exported can be used as it is, and imported under its own id', async () => {
  const { target, version } = await exported()
  expect((await readBundle(target, '')).manifest.version).toBe(version)
  const elsewhere = memoryStore()
  const registry = createRegistry(elsewhere)
  expect((await importBundle(target, elsewhere)).version).toBe(version)
  const { manifest, model } = await registry.load('app', version)
  expect(manifest).toEqual((await readBundle(target, '')).manifest)
  expect(model).toEqual(draft.model)
  expect((await registry.list())[0]!.channels).toEqual([])
})

test('the manifest is written last, into nothing but an empty place', async () => {
  const { store } = await exported()
  const target = memoryStore()
  const order: string[] = []
  const watched = {
    ...target,
    write: (path: string, bytes: Uint8Array) => {
      order.push(path)
      return target.write(path, bytes)
    },
  }
  await exportBundle(store, 'app', 'candidate', watched)
  expect(order.at(-1)).toBe('manifest.json')
  expect(order.length).toBe(5)
  await expect(exportBundle(store, 'app', 'candidate', target)).rejects.toThrow('an empty folder')
})

test('nothing of an import is to be seen when one file is damaged', async () => {
  const { target } = await exported()
  await target.write('vocab.json', new TextEncoder().encode('{}'))
  const store = memoryStore()
  await expect(importBundle(target, store)).rejects.toThrow(/vocab\.json failed.*manifest says/)
  expect(await store.list('')).toEqual([])
})

test.each([
  ['../../evil.json', /files.*plain file name/],
  ['/etc/passwd', /files.*plain file name/],
  ['a/b.json', /files.*plain file name/],
])('a manifest that lists %s is refused', async (path, message) => {
  const { target } = await exported()
  const bytes = new TextEncoder().encode('evil')
  const digest = { bytes: bytes.length, sha256: await sha256(bytes) }
  await rewriteManifest(target, manifest => {
    manifest.files[path] = digest
  })
  const store = memoryStore()
  await expect(importBundle(target, store)).rejects.toThrow(message)
  expect(await store.list('')).toEqual([])
})

test('a manifest whose name or version leaves the folder is refused', async () => {
  for (const change of [{ name: '../up' }, { version: '../../up' }, { version: 'a/b' }]) {
    const { target } = await exported()
    await rewriteManifest(target, manifest => Object.assign(manifest, change))
    const store = memoryStore()
    await expect(importBundle(target, store)).rejects.toThrow(/letters, digits|plain file name/)
    expect(await store.list('')).toEqual([])
  }
})

test('another version under an id that is there is refused, the same one is welcome', async () => {
  const { store, target, version } = await exported()
  await importBundle(target, store)
  await rewriteManifest(target, manifest => {
    manifest.training = { lines: 1 }
  })
  await expect(importBundle(target, store)).rejects.toThrow('versions never change')
  expect((await createRegistry(store).load('app', version)).manifest.training).toEqual({})
})
