import { constants } from 'node:fs'
import { access, mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import process from 'node:process'
import { LogbertError } from '../core/errors.ts'
import type { ByteStore } from '../core/store/byte-store.ts'

const CHUNK = 1 << 18

const codeOf = (error: unknown): string | undefined =>
  (error as { code?: string } | undefined)?.code

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist; check the path',
  ENOTDIR: 'a part of its path is no directory; check the path',
  EACCES: 'reading it is not permitted; check its owner and mode',
  EISDIR: 'it is a directory; name the files in it (DIR/*.log)',
}

/** Says in words why a path cannot be used. */
export const pathError = (action: string, path: string, cause: unknown): LogbertError => {
  const why = REASONS[codeOf(cause) ?? ''] ?? (cause instanceof Error ? cause.message : `${cause}`)
  return new LogbertError('BAD_INPUT', `${action} ${path} failed: ${why}`, { cause })
}

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

/** A folder as byte store. Writing is atomic: a temporary file beside it, then a rename. */
export const folderStore = (root: string): ByteStore => ({
  about: root,
  async read(path) {
    try {
      return await readFile(join(root, path))
    } catch (cause) {
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(cause) ?? '')) return undefined
      throw pathError('reading', join(root, path), cause)
    }
  },
  async write(path, bytes) {
    const target = join(root, path)
    const temporary = `${target}.${process.pid}.tmp`
    await mkdir(dirname(target), { recursive: true })
    await writeFile(temporary, bytes)
    await rename(temporary, target)
  },
  async list(prefix) {
    const names = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
    return names
      .filter(entry => entry.isFile() && !entry.name.endsWith('.tmp'))
      .map(entry => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter(path => path.startsWith(prefix))
      .sort()
  },
})
