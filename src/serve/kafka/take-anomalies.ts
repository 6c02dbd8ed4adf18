import type { Course } from '../../core/pipeline/stream-types.ts'
import type { Database } from '../../db/database.ts'
import { storeFindings } from '../pipeline/findings.ts'
import type { Rules } from '../pipeline/rules.ts'
import { readAnomaly } from './anomaly-record.ts'
import type { RawMessage } from './raw.ts'

export interface Taking {
  topic: string
  partition: number
  /** Offset behind the last of them. */
  next: number
  db: Database
  rules: Rules
}

/**
 * Stores what workers found, and how far the topic has been read, in one transaction. What is there
 * already, by id, changes nothing: workers publish some anomalies again after a crash.
 * @returns how many were hidden by a rule
 */
export const takeAnomalies = (messages: readonly RawMessage[], taking: Taking): number => {
  const { db, rules, topic, partition, next } = taking
  const found = messages.flatMap(({ value, at }) => {
    const read = readAnomaly(value)
    if (read === undefined) return []
    const { course, ...anomaly } = read
    return [{ anomaly, at, course }]
  })
  try {
    return db.transaction(() => {
      const { suppressed } = storeFindings(
        {
          anomalies: found.map(({ anomaly }) => anomaly),
          courses: found.map(({ course }) => course as Course),
        },
        { db, rules, now: i => found[i]!.at },
      )
      db.followed.set(topic, partition, next)
      return suppressed
    })
  } catch (error) {
    rules.reload()
    throw error
  }
}
