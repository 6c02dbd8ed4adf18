import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import process from 'node:process'
import { codeOf, pathError } from './path-error.ts'

const TEMPORARY = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/

/** Whether a file is one that a write was broken off in. */
export const isTemporary = (path: string): boolean => TEMPORARY.test(path)

/** Lets `place` move a file with these bytes to its place; they are safe on disk before and after. */
export const writeDurably = async <T>(
  target: string,
  bytes: Uint8Array,
  place: (temporary: string) => Promise<T>,
): Promise<T> => {
  const temporary = `${target}.${crypto.randomUUID()}.tmp`
  try {
    const file = await create(temporary)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    const placed = await place(temporary)
    await syncFolder(dirname(target))
    return placed
  } catch (cause) {
    throw pathError('writing', target, cause)
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined)
  }
}

/** Somebody who removes the last file of a folder may take the folder away just before. */
const create = async (path: string): Promise<FileHandle> => {
  for (let tries = 3; ; tries--) {
    await makeFolder(dirname(path))
    try {
      return await open(path, 'wx')
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT' || tries === 1) throw cause
    }
  }
}

/** Makes a folder and those above it, so that they outlast a power cut, too. */
const makeFolder = async (folder: string): Promise<void> => {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  const top = dirname(resolve(first))
  for (let at = resolve(folder); at !== top; at = dirname(at)) await syncFolder(dirname(at))
}

/** A name in a folder is safe only when the folder is; Windows has no such call, and needs none. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
