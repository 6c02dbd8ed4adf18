import type { Connection } from './connection.ts'
import { listPage, type Page, type PageRequest } from './paging.ts'
import { createWhere } from './where.ts'

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

/** A training job; `request`, `progress` and `result` are the JSON of their owners. */
export interface Job {
  id: string
  state: JobState
  request: Record<string, unknown>
  /** Epoch ms. */
  created: number
  started?: number
  ended?: number
  progress?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { code: string; message: string }
}

export interface JobTable {
  /** Adds or changes. */
  put(job: Job): void
  get(id: string): Job | undefined
  /** Newest first. */
  list(query: PageRequest & { states?: readonly JobState[] }): Page<Job>
  /** Those waiting or running, oldest first. */
  unfinished(): Job[]
}

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
