import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { ByteStore } from '../../src/core/store/byte-store.ts'
import { s3Store } from '../../src/s3/s3-store.ts'
import { type S3Server, startS3, withoutOwnS3 } from '../services/s3/server.ts'
import { countUp } from '../store/count-up.ts'
import { type FlakyProxy, flakyProxy } from './flaky-proxy.ts'

const enc = (text: string) => new TextEncoder().encode(text)
const reason = await withoutOwnS3()

describe.skipIf(reason !== undefined)(`S3 that falters${reason ? `: ${reason}` : ''}`, () => {
  let server: S3Server
  let proxy: FlakyProxy
  let name: string
  let store: ByteStore
  const model = new Uint8Array(3 * 2 ** 20).map((_, i) => i % 251)
  beforeAll(async () => {
    server = await startS3()
  }, 30_000)
  afterAll(() => server?.stop())
  beforeEach(async () => {
    name = await server.bucket()
    proxy = await flakyProxy(server.options.endpoint)
    store = s3Store(`s3://${name}`, { ...server.options, endpoint: proxy.endpoint, timeoutMs: 500 })
  })
  afterEach(() => proxy.close())

  test('a file that breaks off or stands still goes on where it ended', async () => {
    await store.write('model', model)
    for (const flaws of [
      [{ cut: 100_000 }],
      [{ stall: 200_000 }],
      [{ cut: 5_000 }, { cut: 900_000 }],
    ]) {
      proxy.flaws = [...flaws]
      proxy.statuses = []
      expect(Buffer.compare((await store.read('model'))!, model)).toBe(0)
      expect(proxy.statuses).toEqual([200, ...flaws.map(() => 206)])
    }
  }, 30_000)

  test('a file that is replaced or removed while it is read is never put together of two', async () => {
    const other = model.map(byte => byte ^ 1)
    const Key = 'model'
    const replace = () =>
      server.client.send(new PutObjectCommand({ Bucket: name, Key, Body: other }))
    const remove = () => server.client.send(new DeleteObjectCommand({ Bucket: name, Key }))
    for (const then of [replace, remove]) {
      await store.write(Key, model)
      proxy.flaws = [{ cut: 500_000, then }]
      await expect(store.read(Key)).rejects.toThrow(
        /was changed or removed while it was being read/,
      )
    }
  }, 30_000)

  test('a file that breaks off again and again is an error that says how far it came', async () => {
    await store.write('model', model)
    proxy.flaws = Array.from({ length: 12 }, () => ({ cut: 300 }))
    await expect(store.read('model')).rejects.toThrow(/reading s3:.*model at http.* failed/)
  }, 30_000)

  test('a swap whose answer was lost is known to be ours', async () => {
    expect(await store.swap('channel', null, enc('0'))).toBe(true)
    const { tag } = (await store.look('channel'))!
    proxy.flaws = ['lost']
    expect(await store.swap('channel', tag, enc('1'))).toBe(true)
    proxy.flaws = ['lost']
    expect(await store.swap('created', null, enc('1'))).toBe(true)
    // Somebody else's write of the very same bytes is not.
    proxy.flaws = ['lost', 'lost']
    expect(await store.swap('channel', tag, enc('1'))).toBe(false)
    expect(await store.swap('created', null, enc('1'))).toBe(false)
  })

  test('no update is lost while one in three answers is', async () => {
    await countUp(store)
    const flaws = Array.from({ length: 200 }, (_, i) => (i % 3 === 1 ? 'lost' : undefined))
    proxy.flaws = flaws as FlakyProxy['flaws']
    for (let i = 0; i < 20; i++) await countUp(store)
    expect(new TextDecoder().decode(await store.read('counter'))).toBe('21')
  }, 30_000)

  test('a channel that has not moved costs an answer without a body', async () => {
    await store.swap('app/latest', null, enc('v1\n'))
    const first = (await store.look('app/latest'))!
    proxy.statuses = []
    expect(await store.look('app/latest')).toEqual(first)
    expect(proxy.statuses).toEqual([304])
    await store.swap('app/latest', first.tag, enc('v2\n'))
    expect(new TextDecoder().decode((await store.look('app/latest'))!.bytes)).toBe('v2\n')
    await store.remove('app/latest')
    expect(await store.look('app/latest')).toBeUndefined()
  })

  test('S3 that comes back within a moment is waited for', async () => {
    const patient = s3Store(`s3://${name}`, { ...server.options, attempts: 12 })
    await patient.write('a', enc('1'))
    await server.kill()
    const reading = patient.read('a')
    await server.start()
    expect(new TextDecoder().decode(await reading)).toBe('1')
  }, 30_000)
})
