import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { readLogFiles } from '../../src/cli/log-files.ts'
import { findFiles } from '../../src/cli/s3-files.ts'
import { createLineStats } from '../../src/core/input/line-splitter.ts'
import { keyPattern } from '../../src/s3/key-pattern.ts'
import { readAhead, s3Logs } from '../../src/s3/s3-logs.ts'
import { type S3Server, startS3, withoutS3 } from '../services/s3/server.ts'

test.each([
  ['app.log', ['app.log'], ['app.log.gz', 'b/app.log', 'app_log']],
  ['logs/a*.log', ['logs/a.log', 'logs/a1.log'], ['logs/a/b.log', 'logs/b.log', 'logs/a.log.gz']],
  ['a*.log*', ['a.log', 'a.log.gz', 'ab.log.1'], ['a.lo', 'x/a.log']],
  ['**.log', ['a.log', 'x/y/a.log'], ['a.log.gz']],
  ['x/**/a.log', ['x/y/a.log', 'x/y/z/a.log'], ['x/a.logs', 'a.log']],
  ['2026-??-01/', ['2026-11-01/a', '2026-11-01/b/c'], ['2026-11-02/a', '2026-1/1-01/a']],
  ['', ['a', 'b/c'], []],
  ['a\\*b(1)', ['a*b(1)'], ['axb(1)', 'a\\*b(1)']],
  ['ä/日*.log', ['ä/日本.log'], ['a/日本.log']],
])('the pattern %s means what it says', (text, yes, no) => {
  const { prefix, matches } = keyPattern(text)
  expect(yes.filter(key => !matches(key) || !key.startsWith(prefix))).toEqual([])
  expect(no.filter(matches)).toEqual([])
})

test('no pattern takes long, however many stars it has', () => {
  const { matches } = keyPattern(`${'**a'.repeat(300)}b`)
  const start = performance.now()
  for (let i = 0; i < 10; i++) expect(matches('a'.repeat(1000))).toBe(false)
  expect(performance.now() - start).toBeLessThan(3_000)
})

test('small objects are fetched before their turn, some at once; what is wrong is told in its turn', async () => {
  const objects = Array.from({ length: 30 }, (_, i) => ({
    address: `s3://b/${i}`,
    etag: `"${i}"`,
    bytes: i % 10 === 9 ? 2 ** 30 : 10,
  }))
  const seen: string[] = []
  let open = 0
  let most = 0
  const read = readAhead(objects, async function* ({ address, bytes }) {
    most = Math.max(most, ++open)
    // A large one is a stream, begun in its turn.
    if (bytes > 10) expect(address).toBe(objects[seen.length]!.address)
    await Bun.sleep(1)
    open--
    if (address === 's3://b/25') throw new Error('25 is broken')
    yield new TextEncoder().encode(address)
  })
  const reading = (async () => {
    for (const { address } of objects) {
      for await (const chunk of read(address)) seen.push(new TextDecoder().decode(chunk))
    }
  })()
  await expect(reading).rejects.toThrow('25 is broken')
  expect(seen).toEqual(objects.slice(0, 25).map(({ address }) => address))
  expect(most).toBeGreaterThan(4)
  expect(most).toBeLessThan(10)
  await Bun.sleep(5)
  expect(open).toBe(0)
})

const reason = await withoutS3()

describe.skipIf(reason !== undefined)(`logs on S3${reason ? `: ${reason}` : ''}`, () => {
  let server: S3Server
  let Bucket: string
  beforeAll(async () => {
    server = await startS3()
    Bucket = await server.bucket()
  }, 30_000)
  afterAll(() => server?.stop())

  const put = (Key: string, text: string | Uint8Array, more = {}) =>
    server.client.send(new PutObjectCommand({ Bucket, Key, Body: text, ...more }))
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join('')
  /** Lines of all that an address means, with their sources. */
  const read = async (...words: string[]) => {
    const { paths, files } = await findFiles(words, server.options)
    const found: string[] = []
    for await (const batch of readLogFiles(paths, { files })) {
      for (const { text, source } of batch.lines) found.push(`${source}: ${text}`)
    }
    return found
  }
  const at = (key: string) => `s3://${Bucket}/${key}`

  test('all that matches comes as one stream, by keys, packed or not', async () => {
    await put('order/a-02.log', lines(4, 6))
    await put('order/a-01.log.gz', Bun.gzipSync(lines(0, 2)))
    const members = [lines(2, 3), lines(3, 4)].map(text => Bun.gzipSync(text))
    await put('order/a-01b.log.gz', Buffer.concat(members))
    await put('order/a-03.log.gz', Bun.gzipSync(lines(6, 7)), { ContentEncoding: 'gzip' })
    await put('order/empty-a.log', new Uint8Array())
    await put('order/other.txt', 'no log\n')
    await put('order/below/a-00.log', 'below\n')
    expect(await read(at('order/a*.log*'))).toEqual([
      'a-01.log: line 0',
      'a-01.log: line 1',
      'a-01b.log: line 2',
      'a-01b.log: line 3',
      'a-02.log: line 4',
      'a-02.log: line 5',
      'a-03.log: line 6',
    ])
    expect(await read(at('order/below/'))).toEqual(['a-00.log: below'])
    expect((await read(at('order/**.log'))).length).toBe(3)
    expect(await read(at('order/a-02.log'))).toEqual(['a-02.log: line 4', 'a-02.log: line 5'])
  })

  test('what means nothing is said so, with what was looked for', async () => {
    await put('odd/a.txt', 'x\n')
    await put('odd/empty.log', new Uint8Array())
    await expect(read(at('none/a*.log'))).rejects.toThrow(
      /s3:.*none\/a\*\.log at http.* failed: there is no object whose key begins with "none\/a"/,
    )
    await expect(read(at('odd/*.log'))).rejects.toThrow(/none matches and holds something/)
    await expect(read('s3://logbert-not-there/a*')).rejects.toThrow(/there is no bucket/)
    const credentials = await server.stranger()
    if (credentials === undefined) return
    const strange = s3Logs({ ...server.options, credentials })
    await expect(strange.find(at('odd/*'))).rejects.toThrow(/do not permit it/)
  })

  test('broken packing names the object, after the lines before it', async () => {
    await put('broken/1.log', lines(0, 3))
    const packed = Bun.gzipSync(lines(3, 50_000))
    await put('broken/2.log.gz', packed.slice(0, packed.length >> 1))
    const { paths, files } = await findFiles([at('broken/')], server.options)
    const stats = createLineStats()
    const reading = Array.fromAsync(readLogFiles(paths, { files, stats }))
    await expect(reading).rejects.toThrow(/s3:\/\/.*\/broken\/2\.log\.gz/)
    expect(stats.lines).toBeGreaterThan(3)
  })

  test('an object that is written anew or removed after it was found is an error that says so', async () => {
    const change = {
      'grown.log': () => put('changed/grown.log', lines(0, 9)),
      'gone.log': () =>
        server.client.send(new DeleteObjectCommand({ Bucket, Key: 'changed/gone.log' })),
    }
    for (const [name, happen] of Object.entries(change)) {
      await put(`changed/${name}`, lines(0, 3))
      const { paths, files } = await findFiles([at(`changed/${name}`)], server.options)
      await happen()
      await expect(Array.fromAsync(readLogFiles(paths, { files }))).rejects.toThrow(
        new RegExp(`changed/${name} at http.*was changed or removed while it was being read`),
      )
    }
  })

  test('an object of any size is read in pieces, as fast as they are wanted', async () => {
    const size = 96 * 2 ** 20
    await put('large/a.log', new Uint8Array(size).fill(65))
    const script = join(import.meta.dir, 'read-main.ts')
    const child = Bun.spawn(
      [process.execPath, script, JSON.stringify(server.options), at('large/')],
      { stdout: 'pipe', stderr: 'inherit' },
    )
    const { read, most } = await new Response(child.stdout).json()
    expect(read).toBe(size)
    expect(most).toBeLessThan(size / 2)
  }, 60_000)

  test('who stops reading early lets go of the connection', async () => {
    const logs = s3Logs(server.options)
    await put('early/a.log', new Uint8Array(8 * 2 ** 20).fill(66))
    const [object] = await logs.find(at('early/'))
    // More than the connections that a client has at a time.
    for (let i = 0; i < 120; i++) {
      for await (const chunk of logs.open(object!)) {
        expect(chunk[0]).toBe(66)
        break
      }
    }
  }, 60_000)
})
