/**
 * Where bundles live: a folder, memory, later an object store. Paths are relative, with `/`.
 * `write` is atomic: a reader sees the old bytes or the new ones.
 */
export interface ByteStore {
  /** What a person calls it, for messages. */
  readonly about: string
  /** Undefined when there is nothing at the path. */
  read(path: string): Promise<Uint8Array | undefined>
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Paths that begin with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>
}

/** Holds everything in memory: tests, and the browser without storage. */
export const memoryStore = (): ByteStore => {
  const files = new Map<string, Uint8Array>()
  return {
    about: 'memory',
    read: async path => files.get(path),
    write: async (path, bytes) => {
      files.set(path, bytes.slice())
    },
    list: async prefix => [...files.keys()].filter(path => path.startsWith(prefix)).sort(),
  }
}
