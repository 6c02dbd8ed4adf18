import type { Connection } from './connection.ts'
import type { Suppression, SuppressionTable } from './database.ts'
import { listPage } from './paging.ts'
import { createWhere } from './where.ts'

interface Row {
  body: string
  hidden: number
}

const HOLDS = '(expires IS NULL OR expires > ?)'

const readRow = ({ body, hidden }: Row): Suppression => ({ ...JSON.parse(body), hidden })

export const createSuppressionTable = (connection: Connection): SuppressionTable => ({
  add(suppression) {
    connection.run(
      'INSERT INTO suppressions (id, created, expires, hidden, body) VALUES (?, ?, ?, 0, ?)',
      suppression.id,
      suppression.created,
      suppression.expires ?? null,
      JSON.stringify(suppression),
    )
  },
  get(id) {
    const row = connection.get<Row>('SELECT body, hidden FROM suppressions WHERE id = ?', id)
    return row && readRow(row)
  },
  remove: id => connection.run('DELETE FROM suppressions WHERE id = ?', id).changes === 1,
  list(query) {
    const where = createWhere()
    if (query.active !== undefined) where.add(HOLDS, query.active)
    return listPage<Row, Suppression>(
      connection,
      {
        list: 'suppressions',
        select: 'SELECT created AS at, n, body, hidden FROM suppressions',
        at: 'created',
        where,
        read: readRow,
      },
      query,
    )
  },
  active: now =>
    connection
      .all<Row>(`SELECT body, hidden FROM suppressions WHERE ${HOLDS} ORDER BY created, n`, now)
      .map(readRow),
  countHidden(id, more) {
    connection.run('UPDATE suppressions SET hidden = max(0, hidden + ?) WHERE id = ?', more, id)
  },
})
