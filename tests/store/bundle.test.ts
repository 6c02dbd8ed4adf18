import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listBundles, loadBundle, publishBundle } from '../../src/core/store/bundle.ts'
import { type ByteStore, memoryStore } from '../../src/core/store/byte-store.ts'
import { sha256 } from '../../src/core/store/sha256.ts'
import { folderStore } from '../../src/platform/files.ts'

const folder = mkdtempSync(join(tmpdir(), 'logbert-store-'))
afterAll(() => rmSync(folder, { recursive: true }))

const draft = {
  name: 'app',
  templates: { texts: ['a <*>'] },
  vocab: { events: [0] },
  calibration: { budget: 0.001 },
  model: Uint8Array.of(1, 2, 3),
  training: { lines: 3 },
  config: { seed: 1 },
}

const stores: [string, () => ByteStore][] = [
  ['memory', memoryStore],
  ['a folder', () => folderStore(mkdtempSync(join(folder, 's-')))],
]

for (const [name, make] of stores) {
  test(`${name} gives back what was published, and lists it`, async () => {
    const store = make()
    const first = await publishBundle(store, { ...draft, created: 1_000 })
    const { model: _, ...voicesOnly } = draft
    const second = await publishBundle(store, { ...voicesOnly, parent: first.version })
    expect(second.version > first.version).toBe(true)
    const latest = await loadBundle(store, 'app')
    expect(latest.manifest).toEqual(second)
    expect(latest.model).toBeUndefined()
    const old = await loadBundle(store, 'app', first.version)
    expect(new Uint8Array(old.model!)).toEqual(draft.model)
    expect(old.templates).toEqual(draft.templates)
    expect(await listBundles(store)).toEqual([
      { name: 'app', version: first.version, latest: false, channels: ['previous'] },
      { name: 'app', version: second.version, latest: true, channels: ['latest'] },
    ])
  })

  test(`${name} has nothing where nothing was written`, async () => {
    expect(await make().read('a/b')).toBeUndefined()
    expect(await make().list('')).toEqual([])
  })
}

test('a folder holds no temporary files after writing', async () => {
  const dir = mkdtempSync(join(folder, 't-'))
  await publishBundle(folderStore(dir), draft)
  const files = readdirSync(dir, { recursive: true }).map(String)
  expect(files.filter(file => file.endsWith('.tmp'))).toEqual([])
})

const broken = async (change: (store: ByteStore, folder: string) => Promise<void>) => {
  const store = memoryStore()
  const { version } = await publishBundle(store, draft)
  await change(store, `app/${version}`)
  return loadBundle(store, 'app')
}

test('a changed file is named with both sums', async () => {
  const changed = Uint8Array.of(1, 2, 4)
  const loading = broken((store, dir) => store.write(`${dir}/model.onnx`, changed))
  expect(loading).rejects.toThrow(`SHA-256 is ${await sha256(changed)}`)
  expect(loading).rejects.toThrow(`the manifest says ${await sha256(draft.model)}`)
  expect(loading).rejects.toThrow('model.onnx')
})

test('a file that is cut off is named with both lengths', () => {
  const loading = broken((store, dir) => store.write(`${dir}/vocab.json`, Uint8Array.of(123)))
  expect(loading).rejects.toThrow(/vocab\.json failed: it holds 1 bytes, the manifest says 15/)
})

test('a bundle of another version, without manifest or with half of one says what to do', () => {
  const rewrite = (text: string) => (store: ByteStore, dir: string) =>
    store.write(`${dir}/manifest.json`, new TextEncoder().encode(text))
  expect(broken(rewrite('{"format":99}'))).rejects.toThrow(/bundle format 99, this program reads 1/)
  expect(broken(rewrite('{"format":1,'))).rejects.toThrow(/no JSON/)
  expect(broken(rewrite('{"format":1,"name":3}'))).rejects.toThrow(/name: .*version: /)
  expect(loadBundle(memoryStore(), 'app')).rejects.toThrow(/there is none; train one/)
})

test('names that would leave the folder are refused', () => {
  expect(publishBundle(memoryStore(), { ...draft, name: '../x' })).rejects.toThrow(
    /1 to 64 letters/,
  )
  expect(loadBundle(memoryStore(), 'a/b')).rejects.toThrow(/1 to 64 letters/)
})
