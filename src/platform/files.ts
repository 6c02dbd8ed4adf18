import { constants } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import process from 'node:process'
import { pathError } from './path-error.ts'

export { folderStore } from './folder-store.ts'
export { pathError } from './path-error.ts'

const CHUNK = 1 << 18

/**
 * Opens a file or a pipe, or standard input for `-`; looks at once whether it can be read.
 * @throws LogbertError BAD_INPUT when it is missing, a directory or may not be read.
 */
export const openInput = async (path: string): Promise<AsyncIterable<Uint8Array>> => {
  if (path === '-') return process.stdin
  try {
    if ((await stat(path)).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    await access(path, constants.R_OK)
  } catch (cause) {
    throw pathError('reading', path, cause)
  }
  return chunksOf(path)
}

/** The file is opened with the first chunk and closed with the last, or when its reader leaves. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path).catch(cause => {
    throw pathError('reading', path, cause)
  })
  try {
    for (;;) {
      const buffer = new Uint8Array(CHUNK)
      const { bytesRead } = await file.read(buffer, 0, CHUNK)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Bytes of a file on disk; undefined for standard input and pipes, which are read once only. */
export const sizeOf = async (path: string): Promise<number | undefined> => {
  if (path === '-') return undefined
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ? found.size : undefined
}

/** What a source is called when nobody says: the file's name without its packing. */
export const sourceName = (path: string): string =>
  path === '-' ? 'stdin' : basename(path).replace(/\.(?:gz|zst)$/, '')
