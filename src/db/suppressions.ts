import type { Connection } from './connection.ts'
import { listPage, type Page, type PageRequest } from './paging.ts'
import { createWhere } from './where.ts'

/** Hides anomalies: all given parts must hold. Text patterns are plain text with `*`, no expression. */
export interface Suppression {
  id: string
  template?: string
  source?: string
  text?: string
  reason: string
  by?: string
  created: number
  /** Epoch ms from which it no longer holds; for ever when absent. */
  expires?: number
  /** Anomalies hidden so far. */
  hidden: number
}

export interface SuppressionTable {
  add(suppression: Omit<Suppression, 'hidden'>): void
  get(id: string): Suppression | undefined
  remove(id: string): boolean
  list(query: PageRequest & { active?: number }): Page<Suppression>
  /** All that hold at a time. */
  active(now: number): Suppression[]
  countHidden(id: string, more: number): void
}

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
