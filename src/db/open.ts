import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { LogbertError } from '../core/errors.ts'
import { createAnomalyTable } from './anomalies.ts'
import { type Connection, connect } from './connection.ts'
import type { Database } from './database.ts'
import { createEventTable } from './events.ts'
import { createFeedbackTable } from './feedback.ts'
import { createFollowedTable } from './followed.ts'
import { createIncidentTable } from './incidents.ts'
import { createJobTable } from './jobs.ts'
import { isFresh, MIGRATIONS, migrate } from './migrations.ts'
import { createPipelineTable } from './pipeline.ts'
import { createReportFeedbackTable } from './report-feedback.ts'
import { createReportTable } from './reports.ts'
import { retain } from './retention.ts'
import { createSuppressionTable } from './suppressions.ts'
import { createTemplateEditTable } from './template-edits.ts'

export interface OpenOptions {
  /** How long a write waits for other threads' writes, ms; 5000 when absent. */
  busyMs?: number
  /** The file grows no further; as far as the disk goes when absent. */
  maxBytes?: number
  /** Steps that make the tables; a test builds an old file with the first of them. */
  migrations?: readonly string[]
}

/** Memory for pages, KiB, by thread. */
const CACHE = 8192
/** Pages in the log beside the file before they are moved into it, and bytes it is cut to then. */
const LOG_PAGES = 4000
const LOG_BYTES = 64 << 20

/**
 * Opens the database, makes it where there is none and brings it to the latest version. Each thread
 * opens it for itself.
 * @throws LogbertError BAD_INPUT for a file of another program, of a newer version, damaged or out
 * of reach; LIMIT when the disk is full
 */
export const openDatabase = (file: string, options: OpenOptions = {}): Database => {
  makeFolder(file)
  const connection = connect(file)
  try {
    prepare(connection, options)
  } catch (error) {
    connection.close()
    throw error
  }
  return {
    anomalies: createAnomalyTable(connection),
    incidents: createIncidentTable(connection),
    events: createEventTable(connection),
    feedback: createFeedbackTable(connection),
    suppressions: createSuppressionTable(connection),
    jobs: createJobTable(connection),
    reports: createReportTable(connection),
    reportFeedback: createReportFeedbackTable(connection),
    templateEdits: createTemplateEditTable(connection),
    pipeline: createPipelineTable(connection),
    followed: createFollowedTable(connection),
    transaction: connection.transaction,
    retain: rules => retain(connection, rules),
    close: connection.close,
  }
}

const makeFolder = (file: string): void => {
  try {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : `${cause}`
    throw new LogbertError(
      'BAD_INPUT',
      `making the folder of the database ${file} failed: ${why}; name another data folder`,
      { cause },
    )
  }
}

const prepare = (connection: Connection, options: OpenOptions): void => {
  const { busyMs = 5000, maxBytes, migrations = MIGRATIONS } = options
  connection.script(`PRAGMA busy_timeout = ${busyMs}`)
  // A file keeps for ever what it is told before its first page is written.
  if (isFresh(connection, migrations.length)) {
    connection.script('PRAGMA auto_vacuum = INCREMENTAL')
  }
  useLog(connection, performance.now() + busyMs)
  connection.script(
    'PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; ' +
      `PRAGMA cache_size = -${CACHE}; PRAGMA wal_autocheckpoint = ${LOG_PAGES}; ` +
      `PRAGMA journal_size_limit = ${LOG_BYTES}`,
  )
  if (maxBytes !== undefined) {
    const { page_size } = connection.get<{ page_size: number }>('PRAGMA page_size')!
    connection.script(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / page_size))}`)
  }
  migrate(connection, migrations)
}

/** Readers and one writer at a time, side by side. SQLite does not wait here by itself. */
const useLog = (connection: Connection, deadline: number): void => {
  for (;;) {
    try {
      const { journal_mode } = connection.get<{ journal_mode: string }>(
        'PRAGMA journal_mode = WAL',
      )!
      if (journal_mode === 'wal' || journal_mode === 'memory') return
      throw new LogbertError(
        'BAD_INPUT',
        `opening the database ${connection.file} failed: this file system lets no two threads ` +
          'share a file; put the data folder on a local disk',
      )
    } catch (error) {
      const busy = error instanceof LogbertError && error.code === 'CONFLICT'
      if (!busy || performance.now() > deadline) throw error
      pause(5)
    }
  }
}

const pause = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
