import { promisify } from 'node:util'
import { constants, gunzip, zstdDecompress } from 'node:zlib'
import type { Context } from 'hono'
import { badRequest, ProblemError, tooLarge, wrongType } from './problem.ts'
import { wholeFrames } from './zstd-frames.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Largest window of Zstandard data, 2^23 = 8 MiB: what RFC 8878 asks every reader to take. */
const MOST_WINDOW = 23

/**
 * The whole body, unpacked (`content-encoding: gzip` or `zstd`); neither form is larger than the
 * limit, and no more than that is ever unpacked.
 * @throws ProblemError 413 beyond the limit, 400 when it is cut or damaged, 415 for other packing
 */
export const readBody = async (c: Context, limit: number): Promise<Bytes> => {
  const packing = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase()
  const unpack = UNPACK[packing]
  if (unpack === undefined) {
    throw wrongType(`the content-encoding ${packing} is not known; use gzip, zstd or none`)
  }
  return unpack(await readBytes(c, limit), limit)
}

const refuse = (limit: number): ProblemError =>
  tooLarge('body_too_large', `the body is larger than ${limit} bytes; send smaller batches`)

/** The client went away, or its connection did. */
export const bodyCut = (size: number): ProblemError =>
  new ProblemError('body_cut', {
    status: 400,
    title: 'Bad request',
    detail: `the body was cut off after ${size} bytes; nothing of it was taken`,
  })

const readBytes = async (c: Context, limit: number): Promise<Bytes> => {
  if (Number(c.req.header('content-length') ?? 0) > limit) throw refuse(limit)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of c.req.raw.body ?? []) {
      size += chunk.length
      if (size > limit) throw refuse(limit)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof ProblemError ? error : bodyCut(size)
  }
  if (chunks.length === 1) return chunks[0] as Bytes
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

const inflate = promisify<Uint8Array, { maxOutputLength: number }, Bytes>(gunzip)
const inflateZstd = promisify<
  Uint8Array,
  { maxOutputLength: number; params: Record<number, number> },
  Bytes
>(zstdDecompress)

const damaged = (packing: string, cause: unknown): ProblemError =>
  badRequest(
    `the body's ${packing} data is damaged or cut off ` +
      `(${cause instanceof Error ? cause.message : cause}); nothing of it was taken`,
  )

/** Runs an unpacker that stops at the limit. */
const bounded = async (packing: string, limit: number, run: () => Promise<Bytes>) => {
  try {
    return await run()
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw refuse(limit)
    throw damaged(packing, cause)
  }
}

const UNPACK: Record<string, (bytes: Bytes, limit: number) => Bytes | Promise<Bytes>> = {
  identity: bytes => bytes,
  gzip: (bytes, limit) => bounded('gzip', limit, () => inflate(bytes, { maxOutputLength: limit })),
  'x-gzip': (bytes, limit) => UNPACK.gzip!(bytes, limit),
  zstd: (bytes, limit) => {
    // The unpacker gives what is whole and says nothing of the rest.
    if (!wholeFrames(bytes)) throw damaged('zstd', 'a frame is not whole')
    const params = { [constants.ZSTD_d_windowLogMax]: MOST_WINDOW }
    return bounded('zstd', limit, () => inflateZstd(bytes, { maxOutputLength: limit, params }))
  },
}

/** @throws ProblemError 400 when it is no UTF-8 or no JSON */
export const parseJson = (bytes: Uint8Array): unknown => {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw badRequest('the body is no JSON: it is no UTF-8')
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badRequest(`the body is no JSON: ${error instanceof Error ? error.message : error}`)
  }
}

/** Type and subtype in lower case, without parameters; empty when the request names none. */
export const mediaType = (c: Context): string =>
  (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase()

export const isJson = (type: string): boolean =>
  type === 'application/json' || type === 'text/json' || type.endsWith('+json')
