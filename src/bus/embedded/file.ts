import { statfsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { LogbertError } from '../../core/errors.ts'
import { telling } from './fault.ts'

/** Bytes of a page of the file. Larger ones make tiny commits dear, smaller ones large chunks. */
export const PAGE = 8192

/** Marks a file as one of ours ("LogB"). */
const APPLICATION = 0x4c6f6742
/** Of the tables below; raised with every change of them. */
const VERSION = 1

/** How long opening waits for another process that opens the same file, ms. */
const OPENING = 5000

const TABLES = `
  CREATE TABLE topic (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- Offset of the next message, and bytes of all there ever were.
    next INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE chunk (
    topic INTEGER NOT NULL,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    -- Bytes of the topic before this chunk: a backlog is a difference, not a sum.
    before INTEGER NOT NULL,
    -- Bounds of the arrival, epoch ms.
    earliest INTEGER NOT NULL,
    latest INTEGER NOT NULL,
    -- When it was written, by this machine's clock: arrival is what senders say.
    stored INTEGER NOT NULL,
    body INTEGER NOT NULL,
    PRIMARY KEY (topic, first)
  ) STRICT, WITHOUT ROWID;
  -- Apart from the chunks, so that looking for one does not read texts.
  CREATE TABLE body (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
  CREATE TABLE progress (
    topic INTEGER NOT NULL,
    name TEXT NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (topic, name)
  ) STRICT, WITHOUT ROWID;
`

export interface BusFile {
  file: string
  /** For transactions that are safe on disk when they end. Never waits for a lock. */
  writer: DatabaseSync
  reader: DatabaseSync
  /** Bytes left on its disk; infinite where the system does not tell. */
  freeBytes(): number
  /** @throws LogbertError CANCELLED once it is closed */
  checkOpen(doing: string): void
  close(): void
}

/**
 * Opens the file of a bus, or makes one.
 * @param maxBytes most that the file may grow to
 * @throws LogbertError BAD_INPUT for what is no file of a bus, or one of a newer version
 */
export const openBusFile = (file: string, maxBytes?: number): BusFile =>
  telling('opening the bus', file, () => {
    const writer = new DatabaseSync(file)
    try {
      writer.exec(`PRAGMA busy_timeout = ${OPENING}`)
      if (isEmpty(writer)) create(writer)
      checkVersion(writer, file)
      writer.exec('PRAGMA synchronous = FULL')
      // Checkpoints are made between transactions instead, see `createWriter`.
      writer.exec('PRAGMA wal_autocheckpoint = 0')
      writer.exec(`PRAGMA journal_size_limit = ${64 << 20}`)
      if (maxBytes !== undefined) {
        writer.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / PAGE))}`)
      }
      writer.exec('PRAGMA busy_timeout = 0')
      const reader = new DatabaseSync(file)
      reader.exec(`PRAGMA busy_timeout = ${OPENING}`)
      let open = true
      return {
        file,
        writer,
        reader,
        freeBytes: () => freeBytes(file),
        checkOpen(doing) {
          if (open) return
          throw new LogbertError('CANCELLED', `${doing} failed: ${file} is closed; open it again`)
        },
        close() {
          open = false
          reader.close()
          writer.close()
        },
      }
    } catch (error) {
      writer.close()
      throw error
    }
  })

const freeBytes = (file: string): number => {
  try {
    const { bavail, bsize } = statfsSync(file)
    return bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

const pragma = (db: DatabaseSync, name: string): number =>
  Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number

const isEmpty = (db: DatabaseSync): boolean =>
  pragma(db, 'application_id') === 0 &&
  db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined

const create = (db: DatabaseSync): void => {
  db.exec(`PRAGMA page_size = ${PAGE}; PRAGMA auto_vacuum = INCREMENTAL`)
  db.exec('PRAGMA journal_mode = WAL')
  db.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have been faster.
    if (isEmpty(db)) {
      db.exec(`${TABLES} PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${VERSION}`)
    }
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

const checkVersion = (db: DatabaseSync, file: string): void => {
  const fail = (why: string): never => {
    throw new LogbertError('BAD_INPUT', `opening the bus failed: ${file} ${why}`)
  }
  if (pragma(db, 'application_id') !== APPLICATION) {
    fail('is the database of another program; name another file')
  }
  const version = pragma(db, 'user_version')
  if (version !== VERSION) {
    fail(
      `has version ${version}, this program reads version ${VERSION}; ` +
        'run the program that wrote it, or name another file',
    )
  }
}
