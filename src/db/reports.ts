import type { Connection } from './connection.ts'
import type { ReportTable, StoredReport } from './database.ts'
import { listPage } from './paging.ts'
import { createWhere } from './where.ts'

interface Row {
  body: string
}

const readRow = ({ body }: Row): StoredReport => JSON.parse(body)

export const createReportTable = (connection: Connection): ReportTable => ({
  put(report) {
    connection.run(
      `INSERT INTO reports (id, incident, created, body) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET incident = excluded.incident, created = excluded.created,
         body = excluded.body`,
      report.id,
      report.incident ?? null,
      report.created,
      JSON.stringify(report),
    )
  },
  get(id) {
    const row = connection.get<Row>('SELECT body FROM reports WHERE id = ?', id)
    return row && readRow(row)
  },
  list(query) {
    const where = createWhere()
    if (query.incident !== undefined) where.add('incident = ?', query.incident)
    return listPage<Row, StoredReport>(
      connection,
      {
        list: 'reports',
        select: 'SELECT created AS at, n, body FROM reports',
        at: 'created',
        where,
        read: readRow,
      },
      query,
    )
  },
})
