import type { Connection } from './connection.ts'
import type { Job, JobTable } from './database.ts'
import { listPage } from './paging.ts'
import { createWhere } from './where.ts'

interface Row {
  body: string
}

const readRow = ({ body }: Row): Job => JSON.parse(body)

export const createJobTable = (connection: Connection): JobTable => ({
  put(job) {
    connection.run(
      `INSERT INTO jobs (id, state, created, ended, body) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, created = excluded.created,
         ended = excluded.ended, body = excluded.body`,
      job.id,
      job.state,
      job.created,
      job.ended ?? null,
      JSON.stringify(job),
    )
  },
  get(id) {
    const row = connection.get<Row>('SELECT body FROM jobs WHERE id = ?', id)
    return row && readRow(row)
  },
  list(query) {
    const where = createWhere()
    where.among('state', query.states)
    return listPage<Row, Job>(
      connection,
      {
        list: 'jobs',
        select: 'SELECT created AS at, n, body FROM jobs',
        at: 'created',
        where,
        read: readRow,
      },
      query,
    )
  },
  unfinished: () =>
    connection
      .all<Row>("SELECT body FROM jobs WHERE state IN ('waiting', 'running') ORDER BY created, n")
      .map(readRow),
})
