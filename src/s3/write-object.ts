import type { Bucket } from './bucket.ts'
import type { S3 } from './client.ts'
import { isRefused } from './conditions.ts'
import { attemptsOf, statusOf } from './fault.ts'

const MIB = 2 ** 20
/** Larger ones go in parts, of which as many are on their way at once. */
const PART_BYTES = 8 * MIB
const PARTS_AT_ONCE = 2

/** Writes an object, whatever was there; nothing of it is to be seen before it is whole. */
export const writeObject = (bucket: Bucket, key: string, bytes: Uint8Array): Promise<void> =>
  bucket.ask('writing', key, async ({ sdk, uploader: client }) => {
    const object = { Bucket: bucket.name, Key: key, Body: bytes }
    if (bytes.length <= PART_BYTES) {
      await client.send(new sdk.PutObjectCommand(object))
      return
    }
    const { Upload } = await import('@aws-sdk/lib-storage')
    const parts = { partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }
    await new Upload({ client, params: object, ...parts }).done()
  })

/** Several writes at once may stand in each other's way so often before one is told so. */
const MOST_CLASHES = 8
const CLASH_MS = 50
/** Tells whose write it is that is there now. */
const WRITER = 'writer'

/**
 * Writes only where the content is still that of the tag; null: where there is none yet.
 * @returns whether it was written, even where the answer to that was lost on its way
 */
export const swapObject = (
  bucket: Bucket,
  key: string,
  tag: string | null,
  bytes: Uint8Array,
): Promise<boolean> =>
  bucket.ask('writing', key, async s3 => {
    const { sdk, client } = s3
    const writer = crypto.randomUUID()
    const object = {
      ...{ Bucket: bucket.name, Key: key, Body: bytes, Metadata: { [WRITER]: writer } },
      ...(tag === null ? { IfNoneMatch: '*' } : { IfMatch: tag }),
    }
    for (let clashes = 0; ; clashes++) {
      try {
        await client.send(new sdk.PutObjectCommand(object))
        return true
      } catch (error) {
        if (!isRefused(error)) throw error
        // It was tried before, and that may have come through: then it is our own write that is there.
        if (attemptsOf(error) > 1 && (await isBy(s3, bucket.name, key, writer))) return true
        if (statusOf(error) !== 409 || clashes === MOST_CLASHES) return false
        await new Promise(resolve => setTimeout(resolve, CLASH_MS * (1 + clashes) * Math.random()))
      }
    }
  })

const isBy = async (
  { sdk, client }: S3,
  bucket: string,
  key: string,
  writer: string,
): Promise<boolean> => {
  const head = new sdk.HeadObjectCommand({ Bucket: bucket, Key: key })
  const found = await client.send(head).catch(error => {
    if (statusOf(error) === 404) return undefined
    throw error
  })
  return found?.Metadata?.[WRITER] === writer
}
