import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { createRegistry } from '../../src/core/store/registry.ts'
import { openModels } from '../../src/serve/model-store.ts'
import { createFolder, normalLog, openService, textOf } from '../serve/train-service.ts'
import { type S3Server, startS3, withoutS3 } from '../services/s3/server.ts'

const reason = await withoutS3()

describe.skipIf(reason !== undefined)(`training jobs on S3${reason ? `: ${reason}` : ''}`, () => {
  const folder = createFolder()
  const text = textOf(normalLog(4))
  const half = text.indexOf('\n', text.length >> 1) + 1
  let server: S3Server
  let Bucket: string
  beforeAll(async () => {
    server = await startS3()
    Bucket = await server.bucket()
  }, 30_000)
  afterAll(async () => {
    folder.remove()
    await server?.stop()
  })
  const put = (Key: string, Body: Uint8Array | string) =>
    server.client.send(new PutObjectCommand({ Bucket, Key, Body }))
  const open = async () => {
    const place = { models: `s3://${Bucket}/models`, s3: server.options }
    const registry = createRegistry(openModels(place))
    return { ...(await openService(folder, { ...place, registry })), registry }
  }
  const options = { epochs: 0 }

  test('read their logs from a bucket and publish into one: the model is that of the same file', async () => {
    await put('a/shop-1.log.gz', Bun.gzipSync(text.slice(0, half)))
    await put('a/shop-2.log', text.slice(half))
    const service = await open()
    const source = { file: `s3://${Bucket}/a/shop-*.log*` }
    const { id, request } = await service.jobs.start({ source, options })
    expect(request).toMatchObject(source)
    const job = await service.end(id)
    expect(job.error).toBeUndefined()
    expect(job).toMatchObject({ state: 'done', result: { promoted: true } })
    const { manifest } = await service.registry.load('shop')
    expect(manifest.version).toBe(job.result!.version)
    expect(manifest.training).toMatchObject({ lines: Math.ceil(0.9 * normalLog(4).length) })
    expect(job.result!.evaluation).toMatchObject({
      heldOut: { candidate: { sessions: expect.any(Number) } },
    })
    await folder.isClean()
    await service.close()
  }, 60_000)

  test('are refused at once where there is nothing, and fail in words where it changes meanwhile', async () => {
    const service = await open()
    const start = (file: string) => service.jobs.start({ source: { file }, options })
    await expect(start(`s3://${Bucket}/none/*.log`)).rejects.toThrow('there is no object whose key')
    await expect(start('s3://logbert-not-there/*.log')).rejects.toThrow('there is no bucket')
    expect(service.jobs.list({}).items.length).toBe(1)
    await put('b/shop.log', text)
    // Another one is at work: what is to be read changes before its turn, and while it is read.
    const first = await start(`s3://${Bucket}/a/`)
    const gone = await start(`s3://${Bucket}/b/*.log`)
    await server.client.send(new DeleteObjectCommand({ Bucket, Key: 'b/shop.log' }))
    expect((await service.end(first.id)).state).toBe('done')
    expect((await service.end(gone.id)).error).toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining('there is no object whose key begins with "b/"'),
    })
    await put('b/shop.log', text)
    const changed = await start(`s3://${Bucket}/b/*.log`)
    await service.until(changed.id, ({ progress }) => progress?.phase === 'counting')
    await put('b/shop.log', `${text}more\n`)
    const { error } = await service.end(changed.id)
    expect(error).toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining('was changed or removed while it was being read'),
    })
    await folder.isClean()
    await service.close()
  }, 60_000)
})
