import type { AnomalyKind } from '../core/types.ts'
import type { Connection } from './connection.ts'

/** What SSE sends and resumes from. Ids rise; none is used twice. */
export interface StoredEvent {
  id: number
  type: 'anomaly' | 'incident' | 'rca' | 'train' | 'model'
  /** JSON text. */
  data: string
  /** What filters ask for; absent where it makes no sense. */
  kind?: AnomalyKind
  source?: string
  score?: number
}

export interface EventTable {
  add(event: Omit<StoredEvent, 'id'>): number
  /** Those after an id, oldest first, at most `limit`. */
  after(id: number, limit: number): StoredEvent[]
  /**
   * Ids of the oldest kept and of the latest event; 0 and 0 when there was none ever. `first` is
   * past `last` when none is kept.
   */
  range(): { first: number; last: number }
}

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
