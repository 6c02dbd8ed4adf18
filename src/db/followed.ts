import type { Connection } from './connection.ts'
import type { FollowedTable } from './database.ts'

export const createFollowedTable = (connection: Connection): FollowedTable => ({
  next(topic) {
    const rows = connection.all<{ partition: number; next: number }>(
      'SELECT partition, next FROM followed WHERE topic = ?',
      topic,
    )
    return new Map(rows.map(({ partition, next }) => [partition, next]))
  },
  set(topic, partition, next) {
    connection.run(
      `INSERT INTO followed (topic, partition, next) VALUES (?, ?, ?)
       ON CONFLICT (topic, partition) DO UPDATE SET next = excluded.next`,
      topic,
      partition,
      next,
    )
  },
})
