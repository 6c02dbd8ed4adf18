import type { Connection } from './connection.ts'
import type { EventTable, StoredEvent } from './database.ts'

interface Row {
  id: number
  type: StoredEvent['type']
  about: string
  data: string
}

const readRow = ({ id, type, about, data }: Row): StoredEvent => ({
  id,
  type,
  data,
  ...(JSON.parse(about) as Pick<StoredEvent, 'kind' | 'source' | 'score'>),
})

export const createEventTable = (connection: Connection): EventTable => ({
  add: ({ type, data, kind, source, score }) =>
    connection.run(
      'INSERT INTO events (type, about, data) VALUES (?, ?, ?)',
      type,
      JSON.stringify({ kind, source, score }),
      data,
    ).row,
  after: (id, limit) =>
    connection
      .all<Row>(
        'SELECT id, type, about, data FROM events WHERE id > ? ORDER BY id LIMIT ?',
        id,
        limit,
      )
      .map(readRow),
  range() {
    const { first, last } = connection.get<{ first: number | null; last: number }>(
      `SELECT (SELECT min(id) FROM events) AS first,
         coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS last`,
    )!
    return { first: first ?? (last === 0 ? 0 : last + 1), last }
  },
})
