import type { Connection } from './connection.ts'

/** How far topics of others have been taken over, in the transaction of what was. */
export interface FollowedTable {
  /** Offset to go on from, by partition. */
  next(topic: string): ReadonlyMap<number, number>
  set(topic: string, partition: number, next: number): void
}

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
