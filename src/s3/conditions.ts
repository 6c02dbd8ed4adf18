import { LogbertError } from '../core/errors.ts'
import type { Bucket } from './bucket.ts'
import type { S3 } from './client.ts'
import { nameOf, statusOf } from './fault.ts'

/** Key below a store's prefix that is written to for nothing but to see what the server does. */
export const SCRATCH = '.conditions'

/** An ETag that no content has. */
const NO_TAG = '"00000000000000000000000000000000"'

/**
 * Proves that the server heeds conditions of writes: some take the write and ignore them, and of two
 * publishers both would win. Costs two or three small requests, once.
 * @throws LogbertError BAD_CONFIG when it does not
 */
export const proveConditions = (bucket: Bucket, prefix: string): Promise<void> => {
  const key = `${prefix}${SCRATCH}`
  return bucket.ask('writing', key, async s3 => {
    const write = (condition: object) => isWritten(s3, bucket.name, key, condition)
    if (await write({ IfMatch: NO_TAG })) throw ignores(bucket, key, 'If-Match')
    // It may be there from another time; then the first answer tells.
    const created = await write({ IfNoneMatch: '*' })
    if (created && (await write({ IfNoneMatch: '*' }))) throw ignores(bucket, key, 'If-None-Match')
  })
}

const isWritten = async (
  { sdk, client }: S3,
  bucket: string,
  key: string,
  condition: object,
): Promise<boolean> => {
  try {
    await client.send(
      new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: new Uint8Array(), ...condition }),
    )
    return true
  } catch (error) {
    if (isRefused(error)) return false
    throw error
  }
}

/**
 * Whether a condition of a write was not met. Of a key that is absent some servers say 404, others
 * 412; AWS says 409 where another write came between.
 */
export const isRefused = (error: unknown): boolean => {
  const status = statusOf(error)
  return status === 412 || status === 409 || (status === 404 && nameOf(error) !== 'NoSuchBucket')
}

const ignores = ({ name, endpoint }: Bucket, key: string, header: string): LogbertError =>
  new LogbertError(
    'BAD_CONFIG',
    `writing s3://${name}/${key}${endpoint === undefined ? '' : ` at ${endpoint}`} failed: the server ` +
      `ignores conditions of writes (it took one whose ${header} was not met), so that of two who ` +
      'publish at once both would win; use a server that heeds them, or a folder (paths.models)',
  )
