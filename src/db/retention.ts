import type { Connection, SqlValue } from './connection.ts'

export interface RetentionRules {
  /** Now, epoch ms. */
  now: number
  /**
   * Age in ms beyond which anomalies (since they were stored), resolved incidents (since they were),
   * jobs (since they ended) and reports go; other incidents when none of their anomalies is left.
   */
  maxAgeMs: number
  /** Events kept for clients that come back. */
  maxEvents: number
  maxAnomalies: number
}

/** Rows of one step: what one transaction takes away. Few, as bodies may be large. */
const STEP = 50
const EVENT_STEP = 1000
/** No step begins after so long, ms: others wait for the file meanwhile. */
const BUDGET = 15

/** Free pages that are given back to the disk: beyond so many, and a share of the file. */
const FREE_PAGES = 2000
const FREE_SHARE = 0.25
const VACUUM_PAGES = 100

interface Doomed {
  table: string
  step(): number
}

/**
 * Removes what is older than it may be, some of it: a call takes no longer than a few hundredths of
 * a second, whatever there is to do.
 */
export const retain = (connection: Connection, rules: RetentionRules): Record<string, number> => {
  const end = performance.now() + BUDGET
  const gone: Record<string, number> = {}
  for (const { table, step } of doomed(connection, rules)) {
    for (let removed = -1; removed !== 0 && performance.now() < end; ) {
      removed = step()
      if (removed > 0) gone[table] = (gone[table] ?? 0) + removed
    }
  }
  while (performance.now() < end && shrink(connection)) {}
  return gone
}

const doomed = (connection: Connection, rules: RetentionRules): Doomed[] => {
  const before = rules.now - rules.maxAgeMs
  /** `which` selects the row ids, its last value is how many. */
  const plain = (table: string, which: string, ...values: SqlValue[]): Doomed => ({
    table,
    step: () =>
      connection.run(`DELETE FROM ${table} WHERE n IN (${which} LIMIT ?)`, ...values, STEP).changes,
  })
  return [
    { table: 'events', step: () => removeEvents(connection, rules.maxEvents) },
    { table: 'anomalies', step: () => removeAnomalies(connection, before, rules.maxAnomalies) },
    plain(
      'incidents',
      `SELECT n FROM incidents i WHERE coalesce(changed, last_seen) < ? AND (state = 'resolved'
         OR NOT EXISTS (SELECT 1 FROM anomalies a WHERE a.incident = i.id))`,
      before,
    ),
    plain('jobs', 'SELECT n FROM jobs WHERE ended < ?', before),
    plain('reports', 'SELECT n FROM reports WHERE created < ?', before),
    plain('signatures', 'SELECT n FROM signatures WHERE created < ?', before),
    plain(
      'report_feedback',
      `SELECT n FROM report_feedback f WHERE created < ?
         AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.id = f.report)`,
      before,
    ),
  ]
}

const removeEvents = (connection: Connection, most: number): number => {
  const { first, last } = connection.get<{ first: number | null; last: number | null }>(
    'SELECT (SELECT min(id) FROM events) AS first, (SELECT max(id) FROM events) AS last',
  )!
  if (first === null || last === null) return 0
  const to = Math.min(last - most, first + EVENT_STEP - 1)
  return to < first ? 0 : connection.run('DELETE FROM events WHERE id <= ?', to).changes
}

/** By when they were stored, not by what their lines say: old logs may be read today. */
const removeAnomalies = (connection: Connection, before: number, most: number): number => {
  const { n } = connection.get<{ n: number }>('SELECT count(*) AS n FROM anomalies')!
  const remove = (which: string, ...values: SqlValue[]): number =>
    connection.transaction(() => {
      connection.run(`DELETE FROM anomaly_bodies WHERE n IN (${which})`, ...values)
      return connection.run(`DELETE FROM anomalies WHERE n IN (${which})`, ...values).changes
    })
  if (n > most) {
    return remove('SELECT n FROM anomalies ORDER BY stored, n LIMIT ?', Math.min(STEP, n - most))
  }
  const which = 'SELECT n FROM anomalies WHERE stored < ? ORDER BY stored, n LIMIT ?'
  // Asked first, so that a call without work never waits for those who write.
  if (connection.get(which, before, 1) === undefined) return 0
  return remove(which, before, STEP)
}

/** Gives some free pages back; others stay, for what is written next. */
const shrink = (connection: Connection): boolean => {
  const { free, all } = connection.get<{ free: number; all: number }>(
    `SELECT (SELECT * FROM pragma_freelist_count) AS free,
       (SELECT * FROM pragma_page_count) AS "all"`,
  )!
  if (free <= FREE_PAGES || free <= all * FREE_SHARE) return false
  connection.script(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`)
  return true
}
