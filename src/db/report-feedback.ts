import type { SuspectKind } from '../core/rca/types.ts'
import type { Connection } from './connection.ts'

/** What was the cause indeed: one that can be named as suspects are, or in words. */
export type TrueCause = string | { kind: SuspectKind; name: string }

/** What people say of a report; the last word counts. */
export interface ReportFeedback {
  report: string
  /** What the report is about. */
  incident?: string
  helpful: boolean
  trueCause?: TrueCause
  note?: string
  by?: string
  /** Epoch ms. */
  created: number
}

export interface ReportFeedbackTable {
  /** In place of what was said of the report before. */
  put(feedback: ReportFeedback): void
  get(report: string): ReportFeedback | undefined
  /** The latest on any report of an incident. */
  ofIncident(incident: string): ReportFeedback | undefined
}

interface Row {
  body: string
}

const readRow = (row: Row | undefined): ReportFeedback | undefined => row && JSON.parse(row.body)

export const createReportFeedbackTable = (connection: Connection): ReportFeedbackTable => ({
  put(feedback) {
    connection.run(
      `INSERT INTO report_feedback (report, incident, created, body) VALUES (?, ?, ?, ?)
       ON CONFLICT (report) DO UPDATE SET incident = excluded.incident, created = excluded.created,
         body = excluded.body`,
      feedback.report,
      feedback.incident ?? null,
      feedback.created,
      JSON.stringify(feedback),
    )
  },
  get: report =>
    readRow(connection.get<Row>('SELECT body FROM report_feedback WHERE report = ?', report)),
  ofIncident: incident =>
    readRow(
      connection.get<Row>(
        `SELECT body FROM report_feedback WHERE incident = ? ORDER BY created DESC, n DESC LIMIT 1`,
        incident,
      ),
    ),
})
