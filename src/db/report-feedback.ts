import type { Connection } from './connection.ts'
import type { ReportFeedback, ReportFeedbackTable } from './database.ts'

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
