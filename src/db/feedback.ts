import type { Connection } from './connection.ts'
import type { Feedback, FeedbackTable } from './database.ts'
import { listPage } from './paging.ts'
import { createWhere } from './where.ts'

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
