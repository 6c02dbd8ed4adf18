import { LogbertError } from '../core/errors.ts'
import { splitS3 } from './address.ts'
import { type Bucket, openBucket } from './bucket.ts'
import type { S3Options } from './client.ts'
import { keyPattern } from './key-pattern.ts'
import { listKeys } from './list-keys.ts'
import { readObject } from './read-object.ts'

/** An object with logs in it, as it was when it was found. */
export interface LogObject {
  /** `s3://bucket/key`. */
  address: string
  etag: string
  /** Packed, if it is. */
  bytes: number
}

export interface S3Logs {
  /**
   * The objects that an address means (`s3://bucket/prefix*.log*`), by their keys; empty ones hold no
   * lines and are left out.
   * @throws LogbertError BAD_INPUT when there is none, LIMIT when there are too many
   */
  find(address: string): Promise<LogObject[]>
  /**
   * Its bytes as they come, whatever its size; read with the first of them.
   * @throws LogbertError BAD_INPUT when it is another one by now, or gone
   */
  open(object: LogObject): AsyncGenerator<Uint8Array>
}

/** All are named in messages between processes, and read one after the other. */
const MOST_OBJECTS = 100_000

/** Logs in buckets. */
export const s3Logs = (options: S3Options = {}): S3Logs => {
  const buckets = new Map<string, Bucket>()
  const bucketOf = (name: string): Bucket => {
    const known = buckets.get(name) ?? openBucket(name, options)
    buckets.set(name, known)
    return known
  }
  return {
    async find(address) {
      const { bucket: name, key } = splitS3(address)
      const { prefix, matches } = keyPattern(key)
      const found: LogObject[] = []
      let seen = 0
      for await (const { key, etag, bytes } of listKeys(bucketOf(name), prefix)) {
        seen++
        if (bytes === 0 || !matches(key)) continue
        found.push({ address: `s3://${name}/${key}`, etag, bytes })
        if (found.length > MOST_OBJECTS) throw tooMany(address)
      }
      if (found.length === 0) throw nothing(address, prefix, seen, options)
      return found.sort((a, b) => (a.address < b.address ? -1 : 1))
    },
    async *open({ address, etag }) {
      const { bucket: name, key } = splitS3(address)
      const read = await readObject(bucketOf(name), key, { etag })
      if (typeof read === 'object') yield* read.chunks
    },
  }
}

/** Objects that are fetched before their turn, and how large they are at most. */
const AHEAD = 8
const SMALL_BYTES = 2 ** 20

/**
 * For objects that are opened one after the other: small ones are fetched before their turn, some at
 * once, or thousands of them would be a matter of waiting. What is wrong with one is told in its turn.
 */
export const readAhead = (
  objects: readonly LogObject[],
  open: S3Logs['open'],
): ((address: string) => AsyncIterable<Uint8Array>) => {
  const places = new Map(objects.map(({ address }, i) => [address, i]))
  const fetched = new Map<string, Promise<Uint8Array[]>>()
  const fetch = (object: LogObject): void => {
    if (object.bytes > SMALL_BYTES || fetched.has(object.address)) return
    const whole = Array.fromAsync(open(object))
    whole.catch(() => undefined)
    fetched.set(object.address, whole)
  }
  return async function* (address) {
    const at = places.get(address)!
    for (const next of objects.slice(at + 1, at + 1 + AHEAD)) fetch(next)
    const whole = fetched.get(address)
    fetched.delete(address)
    if (whole === undefined) yield* open(objects[at]!)
    else yield* await whole
  }
}

const nothing = (
  address: string,
  prefix: string,
  seen: number,
  { endpoint }: S3Options,
): LogbertError =>
  new LogbertError(
    'BAD_INPUT',
    `reading ${address}${endpoint === undefined ? '' : ` at ${endpoint}`} failed: ` +
      (seen === 0
        ? `there is no object whose key begins with ${JSON.stringify(prefix)}`
        : `of the objects whose keys begin with ${JSON.stringify(prefix)} none matches and holds ` +
          "something; '*' stops at '/', '**' does not") +
      '; check bucket and key',
  )

const tooMany = (address: string): LogbertError =>
  new LogbertError(
    'LIMIT',
    `reading ${address} failed: it means more than ${MOST_OBJECTS} objects; name fewer at a time`,
  )
