import type { Connection } from './connection.ts'
import { listPage, type Page, type PageRequest } from './paging.ts'
import { createWhere } from './where.ts'

export interface Feedback {
  id: string
  anomaly: string
  verdict: 'normal' | 'real'
  /** Templates of the session in order, as text: what scoring and the next training learn. */
  session: string[]
  /** Population of the session. */
  kind: 'key' | 'window'
  /** Templates that are normal wherever they stand, as text. */
  templates: string[]
  reason?: string
  by?: string
  /** Epoch ms. */
  created: number
}

export interface FeedbackTable {
  add(feedback: Feedback): void
  get(id: string): Feedback | undefined
  remove(id: string): boolean
  list(query: PageRequest & { anomaly?: string }): Page<Feedback>
  /** All that say normal, oldest first. */
  normals(): Feedback[]
}

interface Row {
  body: string
}

const readRow = ({ body }: Row): Feedback => JSON.parse(body)

export const createFeedbackTable = (connection: Connection): FeedbackTable => ({
  add(feedback) {
    connection.run(
      'INSERT INTO feedback (id, anomaly, verdict, created, body) VALUES (?, ?, ?, ?, ?)',
      feedback.id,
      feedback.anomaly,
      feedback.verdict,
      feedback.created,
      JSON.stringify(feedback),
    )
  },
  get(id) {
    const row = connection.get<Row>('SELECT body FROM feedback WHERE id = ?', id)
    return row && readRow(row)
  },
  remove: id => connection.run('DELETE FROM feedback WHERE id = ?', id).changes === 1,
  list(query) {
    const where = createWhere()
    if (query.anomaly !== undefined) where.add('anomaly = ?', query.anomaly)
    return listPage<Row, Feedback>(
      connection,
      {
        list: 'feedback',
        select: 'SELECT created AS at, n, body FROM feedback',
        at: 'created',
        where,
        read: readRow,
      },
      query,
    )
  },
  normals: () =>
    connection
      .all<Row>("SELECT body FROM feedback WHERE verdict = 'normal' ORDER BY created, n")
      .map(readRow),
})
