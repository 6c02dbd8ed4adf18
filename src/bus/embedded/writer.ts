import { setTimeout as sleep } from 'node:timers/promises'
import { faultOf, isBusy } from './fault.ts'
import type { BusFile } from './file.ts'

/** How long a transaction waits for those of other connections before it gives up, ms. */
const PATIENCE = 10_000
const SHORTEST_WAIT = 1
const LONGEST_WAIT = 5

/**
 * Bytes after which they are moved from the write-ahead log to their places, which takes some ms.
 * Readers, which mostly have a thread where nobody waits, do it early and leave writers little.
 */
const CHECKPOINT_WRITTEN = 8 << 20
const CHECKPOINT_READ = 2 << 20

export interface Writer {
  /**
   * Runs `body` in a transaction that is safe on disk when the promise resolves. It waits for the
   * transactions of other connections without holding up the thread.
   * @param doing what a message says was tried
   * @throws LogbertError LIMIT when the disk takes no more, or others keep the file for 10 s
   */
  write<T>(doing: string, body: () => T): Promise<T>
  /** Resolves when no transaction waits. */
  idle(): Promise<void>
  /** So many bytes were written, or read; makes room in the write-ahead log now and then. */
  wrote(bytes: number): void
  read(bytes: number): void
}

export const createWriter = ({ writer: db, file, checkOpen }: BusFile): Writer => {
  const waiting = new Set<Promise<void>>()
  let written = 0
  let read = 0
  let due = false
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')

  const runOnce = <T>(body: () => T): T => {
    begin.run()
    try {
      const result = body()
      commit.run()
      return result
    } catch (error) {
      try {
        rollback.run()
      } catch {
        // SQLite has rolled back already, as it does when the disk is full.
      }
      throw error
    }
  }
  /** Waits without holding up the thread. */
  const retry = async <T>(doing: string, body: () => T): Promise<T> => {
    const deadline = performance.now() + PATIENCE
    for (let wait = SHORTEST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      checkOpen(doing)
      try {
        return runOnce(body)
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw faultOf(doing, file, error)
      }
      await sleep(wait)
    }
  }
  const checkpoint = (): void => {
    due = false
    try {
      checkOpen('making room in the write-ahead log')
      db.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // What is written is safe in the log, too; the next time may find room on the disk.
    }
  }
  /** In a turn of its own, so that nothing waits for transaction and checkpoint together. */
  const schedule = (): void => {
    written = 0
    read = 0
    if (!due) setTimeout(checkpoint, 0)
    due = true
  }
  return {
    write(doing, body) {
      const result = retry(doing, body)
      const end: Promise<void> = result.then(
        () => void waiting.delete(end),
        () => void waiting.delete(end),
      )
      waiting.add(end)
      return result
    },
    idle: async () => {
      while (waiting.size > 0) await Promise.all(waiting)
    },
    wrote(bytes) {
      written += bytes
      if (written >= CHECKPOINT_WRITTEN) schedule()
    },
    read(bytes) {
      read += bytes
      if (read >= CHECKPOINT_READ) schedule()
    },
  }
}
