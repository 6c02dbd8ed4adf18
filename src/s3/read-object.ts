import { LogbertError } from '../core/errors.ts'
import type { Bucket } from './bucket.ts'
import { nameOf, s3Error, statusOf } from './fault.ts'

/** An object that is being read. */
export interface ObjectRead {
  etag: string
  bytes: number
  /** Epoch ms. */
  modified: number
  /** All of it, from the very object that `etag` names; whoever leaves early ends the request. */
  chunks: AsyncGenerator<Uint8Array>
}

export interface ReadConditions {
  /** Only this content: another one is an error. */
  etag?: string
  /** Another content than this. */
  unlike?: string
}

/** Times that a stream is taken up again without a byte of progress. */
const MOST_FAULTS = 4
const PAUSE_MS = 100

/**
 * Begins to read; a stream that breaks off, or stands still, is taken up where it ended.
 * @returns undefined when there is nothing, `same` when it is still what `unlike` names
 * @throws LogbertError BAD_INPUT when it was replaced, as S3 is asked for one content only
 */
export const readObject = (
  bucket: Bucket,
  key: string,
  { etag, unlike }: ReadConditions = {},
): Promise<ObjectRead | 'same' | undefined> =>
  bucket.ask('reading', key, async ({ sdk, client }) => {
    try {
      const got = await client.send(
        new sdk.GetObjectCommand({
          ...{ Bucket: bucket.name, Key: key, ChecksumMode: 'ENABLED' },
          ...(etag !== undefined && { IfMatch: etag }),
          ...(unlike !== undefined && { IfNoneMatch: unlike }),
        }),
      )
      // Every server says how long it is.
      const whole = { etag: got.ETag ?? '', bytes: got.ContentLength! }
      const body = got.Body as AsyncIterable<Uint8Array>
      return {
        ...whole,
        modified: got.LastModified?.getTime() ?? 0,
        chunks: chunksOf(bucket, key, whole, body),
      }
    } catch (error) {
      if (statusOf(error) === 304) return 'same'
      if (etag !== undefined && isOther(error)) throw replaced(bucket, key)
      if (isAbsent(error)) return undefined
      throw error
    }
  })

/** A bucket that is absent is no absent object. */
export const isAbsent = (error: unknown): boolean =>
  statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket'

/** Servers answer 412, or 404 when there is none any longer. */
const isOther = (error: unknown): boolean => statusOf(error) === 412 || isAbsent(error)

async function* chunksOf(
  bucket: Bucket,
  key: string,
  { etag, bytes }: { etag: string; bytes: number },
  first: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let body = first
  let at = 0
  for (let faults = 0; ; ) {
    let fault: unknown
    const pieces = timed(body, bucket.timeoutMs)
    try {
      for await (const piece of pieces) {
        at += piece.length
        faults = 0
        yield piece
      }
      if (at === bytes) return
      fault = new Error(`it ended after ${at} of ${bytes} bytes`)
    } catch (cause) {
      fault = cause
    } finally {
      await pieces.return(undefined)
    }
    if (at >= bytes || ++faults > MOST_FAULTS) {
      throw s3Error('reading', { ...bucket, bucket: bucket.name, key }, fault)
    }
    await pause(faults)
    body = await rest(bucket, key, etag, at)
  }
}

const rest = (
  bucket: Bucket,
  key: string,
  etag: string,
  from: number,
): Promise<AsyncIterable<Uint8Array>> =>
  bucket.ask('reading', key, async ({ sdk, client }) => {
    const range = { Bucket: bucket.name, Key: key, Range: `bytes=${from}-`, IfMatch: etag }
    try {
      const { Body } = await client.send(new sdk.GetObjectCommand(range))
      return Body as AsyncIterable<Uint8Array>
    } catch (error) {
      if (isOther(error)) throw replaced(bucket, key)
      throw error
    }
  })

/** Pieces as they come; an error when none comes for so long. */
async function* timed(
  input: AsyncIterable<Uint8Array>,
  ms: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const body = input as AsyncIterable<Uint8Array> & { destroy?(): void; on?: Listen }
  // A stream that is destroyed while nobody waits for it must not end the program.
  body.on?.('error', () => undefined)
  const iterator = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      let timer: Timer | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing more came for ${ms / 1000} s`)), ms)
      })
      const next = iterator.next()
      const { done, value } = await Promise.race([next, late]).finally(() => clearTimeout(timer))
      if (done === true) return
      yield value
    }
  } finally {
    body.destroy?.()
  }
}

type Listen = (event: 'error', listener: () => void) => unknown
type Timer = ReturnType<typeof setTimeout>

const pause = (faults: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, PAUSE_MS * 2 ** faults * Math.random()))

const replaced = ({ name, endpoint }: Bucket, key: string): LogbertError =>
  new LogbertError(
    'BAD_INPUT',
    `reading s3://${name}/${key}${endpoint === undefined ? '' : ` at ${endpoint}`} failed: it was ` +
      'changed or removed while it was being read; begin again when nobody writes there any more',
  )
