import { createHash } from 'node:crypto'
import { readFileSync, renameSync, unlinkSync } from 'node:fs'
import { readdir, readFile, rename, rmdir, stat, unlink } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { type ByteStore, checkPath } from '../core/store/byte-store.ts'
import { isTemporary, syncFolder, writeDurably } from './durable-file.ts'
import { withLock } from './file-lock.ts'
import { codeOf, pathError } from './path-error.ts'

const LOCK = '.lock'
const ABSENT = ['ENOENT', 'ENOTDIR', 'EISDIR']

/**
 * A folder as byte store. Writing is atomic: a temporary file beside it, which is safe on disk, then
 * a rename. Processes and threads on one machine may share the folder; swaps and removals hold a lock
 * (`.lock` in it).
 */
export const folderStore = (root: string): ByteStore => {
  const locate = (path: string): string => join(root, checkPath(path))
  const locked = <T>(work: () => T): Promise<T> => withLock(join(root, LOCK), work)
  return {
    about: root,
    read: async path => present('reading', locate(path), () => readFile(locate(path))),
    look: async path =>
      present('reading', locate(path), async () => {
        const [bytes, { mtimeMs }] = await Promise.all([readFile(locate(path)), stat(locate(path))])
        return { bytes, tag: tagOf(bytes), modified: mtimeMs }
      }),
    async write(path, bytes) {
      const target = locate(path)
      await writeDurably(target, bytes, temporary => rename(temporary, target))
    },
    async swap(path, tag, bytes) {
      const target = locate(path)
      return writeDurably(target, bytes, temporary =>
        locked(() => {
          if (presentTag(target) !== tag) return false
          renameSync(temporary, target)
          return true
        }),
      )
    },
    async remove(path) {
      const target = locate(path)
      await present('removing', target, async () => {
        await stat(target)
        await locked(() => unlinkSync(target))
        await syncFolder(dirname(target))
        await removeEmpty(root, dirname(target))
      })
    },
    async list(prefix) {
      return (await filesBelow(root))
        .map(file => relative(root, file).split(sep).join('/'))
        .filter(path => path !== LOCK && !isTemporary(path) && path.startsWith(prefix))
        .sort()
    },
    async clean(before) {
      const old: string[] = []
      for (const file of await filesBelow(root)) {
        if (!isTemporary(file)) continue
        const found = await present('looking at', file, () => stat(file))
        if (found !== undefined && found.mtimeMs < before) old.push(file)
      }
      for (const file of old) {
        await present('removing', file, () => unlink(file))
        await removeEmpty(root, dirname(file))
      }
      // A writer that was stopped before its first file left these.
      for (const folder of await foldersBelow(root)) {
        const found = await present('looking at', folder, () => stat(folder))
        if (found !== undefined && found.mtimeMs < before) await removeEmpty(root, folder)
      }
      return old.length
    },
  }
}

const tagOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Undefined when nothing is there; any other fault in words. */
const present = async <T>(
  action: string,
  path: string,
  work: () => Promise<T>,
): Promise<T | undefined> => {
  try {
    return await work()
  } catch (cause) {
    if (ABSENT.includes(codeOf(cause) ?? '')) return undefined
    throw pathError(action, path, cause)
  }
}

const presentTag = (target: string): string | null => {
  try {
    return tagOf(readFileSync(target))
  } catch (cause) {
    if (ABSENT.includes(codeOf(cause) ?? '')) return null
    throw cause
  }
}

/** All files, at whatever depth; a folder that goes away meanwhile has none. */
const filesBelow = async (folder: string): Promise<string[]> => {
  const list = () => readdir(folder, { withFileTypes: true })
  const entries = (await present('listing', folder, list)) ?? []
  const found = entries.map(async entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return entry.isFile() ? [path] : []
  })
  return (await Promise.all(found)).flat()
}

const foldersBelow = async (folder: string): Promise<string[]> => {
  const list = () => readdir(folder, { withFileTypes: true })
  const entries = (await present('listing', folder, list)) ?? []
  const found = entries.map(async entry => {
    if (!entry.isDirectory()) return []
    const path = join(folder, entry.name)
    return [...(await foldersBelow(path)), path]
  })
  return (await Promise.all(found)).flat()
}

/** Object stores have no folders: those that hold nothing any longer go. */
const removeEmpty = async (root: string, folder: string): Promise<void> => {
  for (let at = folder; relative(root, at) !== ''; at = dirname(at)) {
    try {
      await rmdir(at)
    } catch {
      return
    }
  }
}
