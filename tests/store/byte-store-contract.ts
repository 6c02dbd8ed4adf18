import { expect, test as plain } from 'bun:test'
import type { ByteStore } from '../../src/core/store/byte-store.ts'
import { countUp } from './count-up.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (found: Uint8Array | undefined): string | undefined =>
  found && new TextDecoder().decode(found)

/**
 * What every byte store must do.
 * @param make an empty store
 * @param timeoutMs longest that one test may take
 */
export const byteStoreContract = (
  name: string,
  make: () => Promise<ByteStore>,
  timeoutMs = 5_000,
): void => {
  const test = (what: string, run: () => Promise<void>) => plain(what, run, timeoutMs)
  test(`${name} gives back what was written, and has nothing where nothing was`, async () => {
    const store = await make()
    expect(await store.list('')).toEqual([])
    for (const path of ['a', 'a/b', 'a/b/c.json']) {
      expect(await store.read(path)).toBeUndefined()
      expect(await store.look(path)).toBeUndefined()
    }
    const all = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256)
    await store.write('x/y/model', all)
    await store.write('x/y/empty', new Uint8Array())
    expect(new Uint8Array((await store.read('x/y/model'))!)).toEqual(all)
    expect((await store.read('x/y/empty'))!.length).toBe(0)
    expect(await store.read('x/y')).toBeUndefined()
    await store.write('x/y/model', bytes('two'))
    expect(text(await store.read('x/y/model'))).toBe('two')
  })

  test(`${name} keeps what it was given, whatever becomes of the caller's array`, async () => {
    const store = await make()
    const given = bytes('one')
    await store.write('a', given)
    given.fill(0)
    expect(text(await store.read('a'))).toBe('one')
  })

  test(`${name} lists paths by prefix, sorted`, async () => {
    const store = await make()
    for (const path of ['b/2', 'a/x', 'b/10/z', 'bb']) await store.write(path, bytes(path))
    expect(await store.list('')).toEqual(['a/x', 'b/10/z', 'b/2', 'bb'])
    expect(await store.list('b/')).toEqual(['b/10/z', 'b/2'])
    expect(await store.list('b/1')).toEqual(['b/10/z'])
    expect(await store.list('c')).toEqual([])
  })

  test(`${name} tells contents apart by their tags, and when they were written`, async () => {
    const store = await make()
    const before = Date.now()
    await store.write('a', bytes('one'))
    const one = (await store.look('a'))!
    expect(text(one.bytes)).toBe('one')
    expect(Math.abs(one.modified - before)).toBeLessThan(60_000)
    await store.write('a', bytes('two'))
    expect((await store.look('a'))!.tag).not.toBe(one.tag)
  })

  test(`${name} swaps only what is as the tag says`, async () => {
    const store = await make()
    expect(await store.swap('n/a', 'no such tag', bytes('0'))).toBe(false)
    expect(await store.read('n/a')).toBeUndefined()
    expect(await store.swap('n/a', null, bytes('1'))).toBe(true)
    expect(await store.swap('n/a', null, bytes('2'))).toBe(false)
    const { tag } = (await store.look('n/a'))!
    expect(await store.swap('n/a', tag, bytes('3'))).toBe(true)
    expect(await store.swap('n/a', tag, bytes('4'))).toBe(false)
    expect(text(await store.read('n/a'))).toBe('3')
    await store.remove('n/a')
    expect(await store.swap('n/a', tag, bytes('5'))).toBe(false)
    expect(await store.swap('n/a', null, bytes('6'))).toBe(true)
    expect(await store.list('')).toEqual(['n/a'])
  })

  test(`${name} lets one of many win who create the same file`, async () => {
    const store = await make()
    const tries = Array.from({ length: 20 }, (_, i) => store.swap('first', null, bytes(`${i}`)))
    const won = (await Promise.all(tries)).flatMap((yes, i) => (yes ? [`${i}`] : []))
    expect(won.length).toBe(1)
    expect(text(await store.read('first'))).toBe(won[0]!)
  })

  test(`${name} loses no update of many who swap at once`, async () => {
    const store = await make()
    await Promise.all(Array.from({ length: 20 }, () => countUp(store)))
    expect(text(await store.read('counter'))).toBe('20')
  })

  test(`${name} removes, and minds nothing that is not there`, async () => {
    const store = await make()
    await store.write('a/b/c', bytes('1'))
    await store.write('a/d', bytes('2'))
    await store.remove('a/b/c')
    await store.remove('a/b/c')
    await store.remove('never/there')
    expect(await store.list('')).toEqual(['a/d'])
    expect(await store.read('a/b/c')).toBeUndefined()
    await store.write('a/b/c', bytes('3'))
    expect(text(await store.read('a/b/c'))).toBe('3')
  })

  test(`${name} refuses paths that leave it`, async () => {
    const store = await make()
    for (const path of ['../x', 'a/../../x', '/etc/passwd', 'a//b', './a', 'a/', '', 'a\\..\\b']) {
      await expect(store.read(path)).rejects.toThrow('in a store failed')
      await expect(store.look(path)).rejects.toThrow('in a store failed')
      await expect(store.write(path, bytes('x'))).rejects.toThrow('in a store failed')
      await expect(store.swap(path, null, bytes('x'))).rejects.toThrow('in a store failed')
      await expect(store.remove(path)).rejects.toThrow('in a store failed')
    }
  })

  test(`${name} cleans nothing that is whole`, async () => {
    const store = await make()
    await store.write('a', bytes('1'))
    expect(await store.clean(Date.now() + 60_000)).toBe(0)
    expect(await store.list('')).toEqual(['a'])
  })
}
