import type { Config } from '../../config.ts'
import { createGrouper, type Grouper } from '../../core/incident/grouper.ts'
import type { Database, Suppression } from '../../db/database.ts'

/** What decides how findings are stored: what people decided, and what was found before. */
export interface Rules {
  readonly grouper: Grouper
  /** Those that hold at a time, epoch ms. */
  suppressions(now: number): Suppression[]
  /** Looks at the database again: it has changed, or a transaction was undone. */
  reload(): void
}

/** The same after a restart. */
export const createRules = (db: Database, config: Config): Rules => {
  let grouper: Grouper | undefined
  let suppressions: Suppression[] = []
  const reload = (): void => {
    const sameSourceMs = 1000 * config.incidents.gapSeconds
    const reopenMs = 3_600_000 * config.incidents.reopenHours
    // Event time: logs may be of another day.
    const latest = db.incidents.list({ limit: 1 }).items[0]?.lastSeen ?? 0
    const recent = db.incidents.recent(latest - Math.max(sameSourceMs, reopenMs))
    grouper = createGrouper({ sameSourceMs, reopenMs }, recent)
    suppressions = db.suppressions.active(0)
  }
  return {
    get grouper() {
      if (grouper === undefined) reload()
      return grouper!
    },
    suppressions(now) {
      if (grouper === undefined) reload()
      return suppressions.filter(({ expires }) => expires === undefined || expires > now)
    },
    reload,
  }
}
