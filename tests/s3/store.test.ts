import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { LogbertError } from '../../src/core/errors.ts'
import { s3Store } from '../../src/s3/s3-store.ts'
import { seaweed, versitygw } from '../services/s3/kinds.ts'
import { type S3Server, startS3, withoutS3 } from '../services/s3/server.ts'

const enc = (text: string) => new TextEncoder().encode(text)

for (const kind of [versitygw, seaweed]) {
  const reason = await withoutS3(kind)
  describe.skipIf(reason !== undefined)(`${kind.name}${reason ? `: ${reason}` : ''}`, () => {
    let server: S3Server
    let name: string
    beforeAll(async () => {
      server = await startS3(kind)
      name = await server.bucket()
    }, 90_000)
    afterAll(() => server?.stop())
    const store = (prefix: string) => s3Store(`s3://${name}/${prefix}`, server.options)

    test('large files go in parts and come back whole', async () => {
      const bytes = new Uint8Array(21 * 2 ** 20)
      for (let i = 0; i < bytes.length; i += 65_536) {
        crypto.getRandomValues(bytes.subarray(i, i + 65_536))
      }
      await store('large').write('app/v/model.onnx', bytes)
      const back = await store('large').read('app/v/model.onnx')
      expect(Buffer.compare(back!, bytes)).toBe(0)
      // Its tag is one of parts: swaps know it all the same.
      const { tag } = (await store('large').look('app/v/model.onnx'))!
      expect(await store('large').swap('app/v/model.onnx', tag, enc('small'))).toBe(true)
      expect(await store('large').swap('app/v/model.onnx', tag, enc('late'))).toBe(false)
    }, 60_000)

    test('uploads that were broken off are not to be seen, and cleaned when they are old', async () => {
      const at = { Bucket: name, Key: 'broken/app/v/model.onnx' }
      const { UploadId } = await server.client.send(new CreateMultipartUploadCommand(at))
      const part = { ...at, UploadId, PartNumber: 1, Body: new Uint8Array(5 * 2 ** 20) }
      await server.client.send(new UploadPartCommand(part))
      expect(await store('broken').list('')).toEqual([])
      expect(await store('broken').read('app/v/model.onnx')).toBeUndefined()
      expect(await store('broken').clean(Date.now() - 3_600_000)).toBe(0)
      expect(await store('broken').clean(Date.now() + 60_000)).toBe(1)
      const left = await server.client.send(
        new ListMultipartUploadsCommand({ Bucket: name, Prefix: 'broken/' }),
      )
      expect(left.Uploads ?? []).toEqual([])
    }, 30_000)

    test('more files than a page of a list holds are all listed', async () => {
      const paths = Array.from({ length: 1_100 }, (_, i) => `many/${i}`)
      for (let at = 0; at < paths.length; at += 100) {
        const put = (path: string) =>
          server.client.send(
            new PutObjectCommand({ Bucket: name, Key: `pages/${path}`, Body: enc('x') }),
          )
        await Promise.all(paths.slice(at, at + 100).map(put))
      }
      expect(await store('pages').list('')).toEqual(paths.sort())
      expect(await store('pages').list('many/109')).toEqual(
        paths.filter(path => path.startsWith('many/109')),
      )
    }, 60_000)

    test('a bucket that is not there, and keys that are wrong, are said so', async () => {
      const { options } = server
      const absent = s3Store('s3://logbert-not-there/models', options)
      const swapping = () => absent.swap('a', null, enc('1'))
      for (const work of [() => absent.read('a'), () => absent.list(''), swapping]) {
        await expect(work()).rejects.toThrow(
          /s3:\/\/logbert-not-there\/.* at http:.* failed: there is no bucket logbert-not-there/,
        )
      }
      const wrong = { accessKeyId: 'nobody', secretAccessKey: 'nothing' }
      const stranger = s3Store(`s3://${name}`, { ...options, credentials: wrong })
      await expect(stranger.read('a')).rejects.toThrow(/access key is not known.*AWS_ACCESS_KEY_ID/)
      const secret = { ...options.credentials, secretAccessKey: 'wrong' }
      const odd = s3Store(`s3://${name}`, { ...options, credentials: secret })
      await expect(odd.list('')).rejects.toThrow(/secret does not belong.*AWS_SECRET_ACCESS_KEY/)
      await expect(odd.swap('a', null, enc('1'))).rejects.toThrow(/secret does not belong/)
      const credentials = await server.stranger()
      if (credentials === undefined) return
      const barred = s3Store(`s3://${name}`, { ...options, credentials })
      const swap = () => barred.swap('a', null, enc('1'))
      for (const work of [() => barred.read('a'), () => barred.list(''), swap]) {
        await expect(work()).rejects.toThrow(/do not permit it \(AccessDenied\); allow s3:/)
      }
    })
  })
}

const away = (error: unknown) => error instanceof LogbertError && error.code === 'AWAY'

test('a server that is not there, or does not answer, is said so in time', async () => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const options = { region: 'us-east-1', forcePathStyle: true, credentials }
  const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  try {
    const endpoint = `http://127.0.0.1:${silent.port}`
    const store = s3Store('s3://bb', { ...options, endpoint, timeoutMs: 100, attempts: 2 })
    const swap = () => store.swap('a', null, enc('1'))
    for (const work of [() => store.read('a'), () => store.list(''), swap]) {
      const error = await work().catch(cause => cause)
      expect(away(error)).toBe(true)
      expect(error.message).toMatch(/s3:\/\/bb\/.* at http:.* failed: nobody answers in time/)
    }
  } finally {
    silent.stop(true)
  }
  const none = s3Store('s3://bb', { ...options, endpoint: 'http://127.0.0.1:1' })
  const error = await none.read('a').catch(cause => cause)
  expect(away(error)).toBe(true)
  expect(error.message).toMatch(/ECONNREFUSED 127\.0\.0\.1:1; see whether it runs/)
})

/** What a server does that knows nothing of some condition. */
const ignorant = (heeds: (request: Request, there: boolean) => boolean) => {
  const keys = new Set<string>()
  return Bun.serve({
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (heeds(request, keys.has(pathname))) return new Response(null, { status: 412 })
      keys.add(pathname)
      return new Response(null, { headers: { etag: '"1"' } })
    },
  })
}

test.each([
  ['every condition', 'If-Match', () => false],
  ['If-None-Match', 'If-None-Match', (request: Request) => request.headers.has('if-match')],
] as const)(
  'a server that ignores %s is refused before anything is swapped',
  async (_, header, heeds) => {
    const server = ignorant(heeds)
    try {
      const store = s3Store('s3://bb/models', {
        ...{ endpoint: `http://127.0.0.1:${server.port}`, region: 'r', forcePathStyle: true },
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      })
      await expect(store.swap('app/latest', null, enc('1'))).rejects.toThrow(
        new RegExp(`ignores conditions of writes .*whose ${header} was not met`),
      )
      await expect(store.swap('app/latest', null, enc('1'))).rejects.toThrow('ignores conditions')
    } finally {
      server.stop(true)
    }
  },
)

test('what is no S3 is said to be none', async () => {
  const page = () => new Response('<html>hello</p>', { headers: { 'content-type': 'text/html' } })
  const server = Bun.serve({ port: 0, fetch: page })
  try {
    const store = s3Store('s3://bb', {
      ...{ endpoint: `http://127.0.0.1:${server.port}`, region: 'r', forcePathStyle: true },
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    })
    await expect(store.list('')).rejects.toThrow(/does not speak S3 .*correct s3\.endpoint/)
    const secure = s3Store('s3://bb', {
      ...{ endpoint: `https://127.0.0.1:${server.port}`, region: 'r', forcePathStyle: true },
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    })
    await expect(secure.list('')).rejects.toThrow(/TLS fails.* http:\/\/ or https:\/\//)
  } finally {
    server.stop(true)
  }
  for (const address of ['s3://', 's3:///x', 's3://b?d/x', 's3://bucket/../x', 'http://bucket']) {
    expect(() => s3Store(address)).toThrow('it is no address of S3')
  }
})
