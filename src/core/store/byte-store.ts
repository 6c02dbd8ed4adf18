import { LogbertError } from '../errors.ts'
import { sha256 } from './sha256.ts'

/** What stands at a path. */
export interface Found {
  bytes: Uint8Array
  /** Tells this content from any other (on S3, the ETag). */
  tag: string
  /** Epoch ms of its writing, by the clock of the store. */
  modified: number
}

/**
 * Where bundles live: a folder, memory, later an object store. Paths are relative, with `/`; one
 * that leaves the store is refused (BAD_INPUT). A reader sees the old bytes or the new ones, and what
 * is written is safe on disk before the promise resolves. One contract suite: `tests/store`.
 */
export interface ByteStore {
  /** What a person calls it, for messages. */
  readonly about: string
  /** Undefined when there is nothing at the path. */
  read(path: string): Promise<Uint8Array | undefined>
  /** As `read`, with what `swap` wants to know. */
  look(path: string): Promise<Found | undefined>
  /** For paths that have one writer; those of several are swapped, and never written. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /**
   * Compare-and-swap: writes only where the content still is that of `tag` (null: there is nothing
   * yet). Of several who swap at once with the same tag, one wins.
   * @returns whether it was written
   */
  swap(path: string, tag: string | null, bytes: Uint8Array): Promise<boolean>
  /** Does nothing when there is nothing. */
  remove(path: string): Promise<void>
  /** Paths that begin with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>
  /**
   * Removes what writes left behind that were broken off before this time (epoch ms).
   * @returns how many pieces
   */
  clean(before: number): Promise<number>
}

/** @throws LogbertError BAD_INPUT for a path that is absolute, or has empty, `.` or `..` parts */
export const checkPath = (path: string): string => {
  const odd = path.split('/').some(part => part === '' || part === '.' || part === '..')
  if (!odd && !/[\\\0]/.test(path)) return path
  throw new LogbertError(
    'BAD_INPUT',
    `using the path ${JSON.stringify(path)} in a store failed: it must be relative, with '/' ` +
      "between parts that are not empty, '.' or '..'",
  )
}

/** Holds everything in memory: tests, and the browser without storage. */
export const memoryStore = (): ByteStore => {
  const files = new Map<string, Found>()
  const found = async (bytes: Uint8Array): Promise<Found> => ({
    bytes: bytes.slice(),
    tag: await sha256(bytes),
    modified: Date.now(),
  })
  return {
    about: 'memory',
    read: async path => files.get(checkPath(path))?.bytes,
    look: async path => files.get(checkPath(path)),
    write: async (path, bytes) => {
      checkPath(path)
      files.set(path, await found(bytes))
    },
    swap: async (path, tag, bytes) => {
      checkPath(path)
      const wanted = await found(bytes)
      // Nothing waits from here on, so that nobody comes between.
      if ((files.get(path)?.tag ?? null) !== tag) return false
      files.set(path, wanted)
      return true
    },
    remove: async path => {
      files.delete(checkPath(path))
    },
    list: async prefix => [...files.keys()].filter(path => path.startsWith(prefix)).sort(),
    clean: async () => 0,
  }
}
