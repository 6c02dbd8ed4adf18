import { afterAll, beforeAll, describe, test } from 'bun:test'
import { s3Store } from '../../src/s3/s3-store.ts'
import { seaweed, versitygw } from '../services/s3/kinds.ts'
import { type S3Server, startS3, withoutS3 } from '../services/s3/server.ts'
import { byteStoreContract } from '../store/byte-store-contract.ts'

for (const kind of [versitygw, seaweed]) {
  const reason = await withoutS3(kind)
  if (reason !== undefined) {
    test.skip(`S3 (${kind.name}): ${reason}`, () => undefined)
    continue
  }
  describe(kind.name, () => {
    let server: S3Server
    let bucket: string
    let stores = 0
    beforeAll(async () => {
      server = await startS3(kind)
      bucket = await server.bucket()
    }, 90_000)
    afterAll(() => server?.stop())
    const part = () => s3Store(`s3://${bucket}/models/${stores++}`, server.options)
    byteStoreContract('a part of a bucket', async () => part(), 60_000)
  })
}
