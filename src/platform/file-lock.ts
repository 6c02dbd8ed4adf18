import { DatabaseSync } from 'node:sqlite'
import { pathError } from './path-error.ts'

/** Longest wait for others, who hold the lock for some ms each. */
const MOST_WAIT_MS = 20_000
const LONGEST_PAUSE_MS = 20

/**
 * Runs `work` while nobody else, in any thread or process, holds the lock. It is SQLite's lock on an
 * empty file: the system frees it with the process that held it, so that a dead one blocks nobody.
 * @param work does not wait, so that no thread can be ended half-way in peace
 * @throws LogbertError BAD_INPUT when others keep it for 20 s, or the file cannot be made
 */
export const withLock = async <T>(file: string, work: () => T): Promise<T> => {
  const end = performance.now() + MOST_WAIT_MS
  for (let pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const release = lock(file, performance.now() > end)
    if (release !== undefined) {
      try {
        return work()
      } finally {
        release()
      }
    }
    // Waits of random length, or two who meet once meet again and again.
    await new Promise(resolve => setTimeout(resolve, pause * (0.5 + Math.random())))
  }
}

/** Frees the lock when called; undefined when others hold it, unless that is an error by now. */
const lock = (file: string, last: boolean): (() => void) | undefined => {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file)
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE')
    const held = database
    return () => held.close()
  } catch (cause) {
    database?.close()
    if (!last && /locked/.test(`${cause}`)) return undefined
    throw pathError('locking', file, cause)
  }
}
