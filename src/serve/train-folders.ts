import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ProblemError } from '../api/problem.ts'
import { LogbertError } from '../core/errors.ts'
import { syncFolder } from '../platform/durable-file.ts'
import { codeOf, pathError } from '../platform/path-error.ts'

/** What jobs keep below the data folder: uploads and what they can go on from. */
export interface TrainFolders {
  /** Path of a job's upload. */
  upload(id: string): string
  /** Makes the folder for what a job can go on from. */
  make(id: string): Promise<string>
  /**
   * Streams a body to the upload of a job; it is safe on disk when this resolves, and nothing is
   * left when it rejects.
   * @returns its bytes
   * @throws LogbertError LIMIT when it is too large or the disk is full, BAD_INPUT when it is empty
   * or was cut off; what the body itself throws for the client goes through
   */
  keep(id: string, body: AsyncIterable<Uint8Array>, announced?: number): Promise<number>
  /** Removes all of a job. */
  remove(id: string): Promise<void>
  /** Removes what belongs to no job of these. */
  sweep(keep: ReadonlySet<string>): Promise<void>
}

export const createTrainFolders = (data: string, maxUploadBytes: number): TrainFolders => {
  const uploads = join(data, 'uploads')
  const jobs = join(data, 'jobs')
  const remove = async (id: string): Promise<void> => {
    await rm(join(uploads, id), { recursive: true, force: true })
    await rm(join(jobs, id), { recursive: true, force: true })
  }
  return {
    upload: id => join(uploads, id, 'upload'),
    async make(id) {
      const folder = join(jobs, id)
      await mkdir(folder, { recursive: true }).catch(cause => {
        throw pathError('making the folder', folder, cause)
      })
      return folder
    },
    async keep(id, body, announced) {
      const folder = join(uploads, id)
      try {
        await mkdir(folder, { recursive: true })
        const bytes = await write(join(folder, 'upload'), body, maxUploadBytes)
        checkLength(bytes, announced)
        await syncFolder(folder)
        await syncFolder(uploads)
        return bytes
      } catch (cause) {
        await remove(id).catch(() => undefined)
        throw uploadError(folder, cause)
      }
    },
    remove,
    async sweep(keep) {
      const names = await Promise.all(
        [uploads, jobs].map(folder => readdir(folder).catch(() => [])),
      )
      for (const id of new Set(names.flat())) if (!keep.has(id)) await remove(id)
    },
  }
}

const write = async (
  path: string,
  body: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<number> => {
  const file = await open(path, 'wx')
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > limit) {
        throw new LogbertError(
          'LIMIT',
          `keeping the upload failed: it is larger than ${limit} bytes (server.maxUploadBytes); ` +
            'send a part of it, pack it, or put it into the data folder and name it',
        )
      }
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return size
}

const checkLength = (bytes: number, announced = bytes): void => {
  if (bytes === announced && bytes > 0) return
  throw new LogbertError(
    'BAD_INPUT',
    bytes === 0
      ? 'keeping the upload failed: it is empty; send a log'
      : `keeping the upload failed: it was cut off after ${bytes} of ${announced} bytes; send it again`,
  )
}

/** What comes from the disk has a code; the rest is the body that broke off. */
const uploadError = (folder: string, cause: unknown): unknown => {
  if (cause instanceof LogbertError || cause instanceof ProblemError) return cause
  if (/^E[A-Z]+$/.test(codeOf(cause) ?? '') && (cause as { syscall?: string }).syscall) {
    return pathError('keeping the upload in', folder, cause)
  }
  const why = cause instanceof Error ? cause.message : `${cause}`
  return new LogbertError(
    'BAD_INPUT',
    `keeping the upload failed: it was cut off (${why}); send it again`,
    { cause },
  )
}
