import { type Signature, signatureOf } from '../core/rca/signature.ts'
import type { Connection } from './connection.ts'
import { listPage, type Page, type PageRequest } from './paging.ts'
import { createWhere } from './where.ts'

export interface StoredReport {
  id: string
  /** What it is about. */
  incident?: string
  anomaly?: string
  created: number
  /** The report, as its owner made it. */
  report: Record<string, unknown>
}

export interface ReportTable {
  /** Adds or changes; what is told of an incident is kept for likening, too. */
  put(report: StoredReport): void
  get(id: string): StoredReport | undefined
  list(query: PageRequest & { incident?: string }): Page<StoredReport>
  /** What the latest report of each incident is known by, of the latest so many incidents. */
  signatures(most: number): StoredSignature[]
}

export interface StoredSignature {
  incident: string
  report: string
  /** Epoch ms, of the report. */
  created: number
  signature: Signature
}

interface Row {
  body: string
}

interface SignatureRow extends Row {
  incident: string
  report: string
  created: number
}

const readRow = ({ body }: Row): StoredReport => JSON.parse(body)

const readSignature = ({ incident, report, created, body }: SignatureRow) => ({
  ...{ incident, report, created, signature: JSON.parse(body) as Signature },
})

/** A report of another version of this program is stored, whatever it holds. */
const readable = (report: StoredReport['report']): Signature | undefined => {
  try {
    return signatureOf(report)
  } catch {
    return undefined
  }
}

/** A later report of an incident takes the place of the one before, in whatever order they come. */
const putSignature = (connection: Connection, { id, incident, created, report }: StoredReport) => {
  const signature = incident === undefined ? undefined : readable(report)
  if (incident === undefined || signature === undefined) return
  connection.run(
    `INSERT INTO signatures (incident, report, created, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (incident) DO UPDATE SET report = excluded.report, created = excluded.created,
       body = excluded.body WHERE excluded.created >= signatures.created`,
    ...[incident, id, created, JSON.stringify(signature)],
  )
}

export const createReportTable = (connection: Connection): ReportTable => ({
  put: report =>
    connection.transaction(() => {
      connection.run(
        `INSERT INTO reports (id, incident, created, body) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET incident = excluded.incident, created = excluded.created,
           body = excluded.body`,
        report.id,
        report.incident ?? null,
        report.created,
        JSON.stringify(report),
      )
      putSignature(connection, report)
    }),
  signatures: most =>
    connection
      .all<SignatureRow>(
        'SELECT incident, report, created, body FROM signatures ORDER BY created DESC, n DESC LIMIT ?',
        most,
      )
      .map(readSignature),
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
