import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { memoryStore } from '../../src/core/store/byte-store.ts'
import { folderStore } from '../../src/platform/files.ts'
import { testFolder } from '../cli/folder.ts'
import { spawnScript } from '../runtime/spawn.ts'
import { byteStoreContract } from './byte-store-contract.ts'

const { path: folder } = testFolder()
const make = () => mkdtempSync(join(folder, 's-'))

byteStoreContract('memory', async () => memoryStore())
byteStoreContract('a folder', async () => folderStore(make()))
byteStoreContract('a folder that is not there yet', async () => folderStore(join(make(), 'a', 'b')))

test('processes of Bun and Deno that count in one folder lose no update', async () => {
  const root = make()
  const script = 'tests/store/count-main.ts'
  const runtimes = ['bun', 'bun', 'bun', 'deno'] as const
  const runs = runtimes.map(runtime => spawnScript(runtime, script, [root, '100']))
  for (const { code, errors } of await Promise.all(runs)) expect(code, errors).toBe(0)
  const counted = await folderStore(root).read('counter')
  expect(new TextDecoder().decode(counted)).toBe('400')
}, 60_000)

test('a swap waits for a process that is at it, and goes on when that one is killed', async () => {
  const root = make()
  const holder = Bun.spawn(
    [process.execPath, resolve(import.meta.dir, 'hold-lock-main.ts'), join(root, '.lock')],
    { stdout: 'pipe' },
  )
  try {
    await holder.stdout.getReader().read()
    const swapping = folderStore(root).swap('a', null, Uint8Array.of(1))
    expect(await Promise.race([swapping, Bun.sleep(100)])).toBeUndefined()
    holder.kill('SIGKILL')
    expect(await swapping).toBe(true)
  } finally {
    holder.kill('SIGKILL')
  }
})

test('a folder holds no temporary files after writing and removing, nor empty folders', async () => {
  const root = make()
  const store = folderStore(root)
  await store.write('a/b/c', Uint8Array.of(1))
  await store.swap('a/d', null, Uint8Array.of(1))
  await store.swap('a/d', null, Uint8Array.of(2))
  const names = readdirSync(root, { recursive: true }).map(String).sort()
  expect(names).toEqual(['.lock', 'a', 'a/b', 'a/b/c', 'a/d'])
  await store.remove('a/b/c')
  await store.remove('a/d')
  expect(readdirSync(root)).toEqual(['.lock'])
})

test('what a write left behind that was broken off is not listed, and cleaned when it is old', async () => {
  const root = make()
  mkdirSync(join(root, 'app', 'v1'), { recursive: true })
  const id = '0b0dbb5c-0000-4000-8000-1234567890ab'
  const [left, fresh] = ['a', 'b'].map(name => join(root, 'app', 'v1', `${name}.${id}.tmp`))
  for (const path of [left!, fresh!]) writeFileSync(path, 'half')
  writeFileSync(join(root, 'notes.tmp'), 'of a person')
  utimesSync(left!, 1_000, 1_000)
  const store = folderStore(root)
  expect(await store.list('')).toEqual(['notes.tmp'])
  expect(await store.clean(Date.now() - 3_600_000)).toBe(1)
  expect(existsSync(fresh!)).toBe(true)
  expect(await store.clean(Date.now() + 1_000)).toBe(1)
  expect(readdirSync(root)).toEqual(['notes.tmp'])
})

test('what a folder cannot do is said in words', async () => {
  const root = make()
  writeFileSync(join(root, 'file'), '')
  const store = folderStore(root)
  await expect(store.write('file/below', Uint8Array.of(1))).rejects.toThrow(
    /^writing .*file.* failed: /,
  )
  await expect(folderStore('/dev/full').write('a', Uint8Array.of(1))).rejects.toThrow(
    /^writing .* failed/,
  )
})
