import { LogbertError } from '../core/errors.ts'
import { type ByteStore, checkPath, type Found } from '../core/store/byte-store.ts'
import { s3Place } from './address.ts'
import { openBucket } from './bucket.ts'
import type { S3Options } from './client.ts'
import { proveConditions, SCRATCH } from './conditions.ts'
import { abortUploads, listKeys } from './list-keys.ts'
import { readObject } from './read-object.ts'
import { swapObject, writeObject } from './write-object.ts'

/** Small files that were looked at last are remembered: channels are asked for again and again. */
const MOST_REMEMBERED = 64
const MOST_REMEMBERED_BYTES = 1024
/** What is read is held in memory: no model is larger. */
const MOST_BYTES = 2 ** 31

/**
 * A bucket, or a part of one (`s3://bucket/prefix`), as byte store. Swaps are conditional writes; a
 * server that ignores the condition is refused before the first one. `a` and `a/b` may not both be
 * there: servers that keep objects as files cannot have that.
 */
export const s3Store = (address: string, options: S3Options = {}): ByteStore => {
  const { bucket: name, prefix } = s3Place(address)
  const bucket = openBucket(name, options)
  const keyOf = (path: string): string => `${prefix}${checkPath(path)}`
  const remembered = new Map<string, Found>()
  const remember = (path: string, found: Found): void => {
    remembered.delete(path)
    if (found.bytes.length > MOST_REMEMBERED_BYTES) return
    remembered.set(path, found)
    if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!)
  }
  let proven: Promise<void> | undefined
  const prove = (): Promise<void> => {
    proven ??= proveConditions(bucket, prefix).catch(error => {
      proven = undefined
      throw error
    })
    return proven
  }
  const look = async (path: string): Promise<Found | undefined> => {
    const before = remembered.get(path)
    const seen = before === undefined ? {} : { unlike: before.tag }
    const read = await readObject(bucket, keyOf(path), seen)
    if (read === 'same') return { ...before!, bytes: before!.bytes.slice() }
    if (read === undefined) {
      remembered.delete(path)
      return undefined
    }
    if (read.bytes > MOST_BYTES) throw tooLarge(`s3://${name}/${keyOf(path)}`, read.bytes)
    const found = { bytes: await collect(read), tag: read.etag, modified: read.modified }
    remember(path, { ...found, bytes: found.bytes.slice() })
    return found
  }
  return {
    about: `s3://${name}/${prefix}`.replace(/\/$/, ''),
    read: async path => (await look(path))?.bytes,
    look,
    write: async (path, bytes) => writeObject(bucket, keyOf(path), bytes),
    async swap(path, tag, bytes) {
      const key = keyOf(path)
      await prove()
      return swapObject(bucket, key, tag, bytes)
    },
    async remove(path) {
      const key = keyOf(path)
      await bucket.ask('removing', key, ({ sdk, client }) =>
        client.send(new sdk.DeleteObjectCommand({ Bucket: name, Key: key })),
      )
    },
    async list(start) {
      const paths: string[] = []
      for await (const { key } of listKeys(bucket, `${prefix}${start}`)) {
        const path = key.slice(prefix.length)
        if (path !== SCRATCH && !path.endsWith('/')) paths.push(path)
      }
      // Not every server lists in order.
      return paths.sort()
    },
    clean: before => abortUploads(bucket, prefix, before),
  }
}

const tooLarge = (address: string, bytes: number): LogbertError =>
  new LogbertError(
    'LIMIT',
    `reading ${address} failed: it holds ${bytes} bytes, and at most ${MOST_BYTES} are read into ` +
      'memory; see whether it is a model',
  )

const collect = async ({
  bytes,
  chunks,
}: {
  bytes: number
  chunks: AsyncIterable<Uint8Array>
}): Promise<Uint8Array> => {
  const whole = new Uint8Array(bytes)
  let at = 0
  for await (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
