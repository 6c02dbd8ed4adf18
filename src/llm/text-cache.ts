import { createHash } from 'node:crypto'

/** Keeps the entries that were used last. */
export interface TextCache<T> {
  get(key: string): T | undefined
  put(key: string, value: T): void
}

export const createTextCache = <T>(most: number): TextCache<T> => {
  const entries = new Map<string, T>()
  return {
    get(key) {
      const found = entries.get(key)
      if (found !== undefined) {
        entries.delete(key)
        entries.set(key, found)
      }
      return found
    },
    put(key, value) {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size > most) entries.delete(entries.keys().next().value!)
    },
  }
}

/** SHA-256 of what is given, in hex. */
export const hashOf = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex')
