import type { AnomalyTable } from './anomaly-table.ts'
import type { EventTable } from './events.ts'
import type { FeedbackTable } from './feedback.ts'
import type { FollowedTable } from './followed.ts'
import type { IncidentTable } from './incidents.ts'
import type { JobTable } from './jobs.ts'
import type { PipelineTable } from './pipeline.ts'
import type { ReportFeedbackTable } from './report-feedback.ts'
import type { ReportTable } from './reports.ts'
import type { RetentionRules } from './retention.ts'
import type { SuppressionTable } from './suppressions.ts'
import type { TemplateEditTable } from './template-edits.ts'

export type { AnomalyQuery, AnomalyState, AnomalyTable, StoredAnomaly } from './anomaly-table.ts'
export type { EventTable, StoredEvent } from './events.ts'
export type { Feedback, FeedbackTable } from './feedback.ts'
export type { FollowedTable } from './followed.ts'
export type { IncidentQuery, IncidentTable } from './incidents.ts'
export type { Job, JobState, JobTable } from './jobs.ts'
export type { Page, PageRequest } from './paging.ts'
export type { PipelineCheckpoint, PipelineTable, PipelineTick } from './pipeline.ts'
export type { ReportFeedback, ReportFeedbackTable, TrueCause } from './report-feedback.ts'
export type { ReportTable, StoredReport, StoredSignature } from './reports.ts'
export type { RetentionRules } from './retention.ts'
export type { Suppression, SuppressionTable } from './suppressions.ts'
export type { TemplateEdit, TemplateEditTable } from './template-edits.ts'

/**
 * What is found, decided and asked for, in one SQLite file. Every call is synchronous and short;
 * threads open the file for themselves. Lists come in pages with cursors that stay valid while rows
 * are added.
 */
export interface Database {
  readonly anomalies: AnomalyTable
  readonly incidents: IncidentTable
  readonly events: EventTable
  readonly feedback: FeedbackTable
  readonly suppressions: SuppressionTable
  readonly jobs: JobTable
  readonly reports: ReportTable
  readonly reportFeedback: ReportFeedbackTable
  readonly templateEdits: TemplateEditTable
  readonly pipeline: PipelineTable
  readonly followed: FollowedTable
  /**
   * All of it or nothing; may be nested: an inner one that throws undoes its own part only, if the
   * outer one catches. Other threads wait to write until the outermost is over: keep it short.
   * @throws LogbertError LIMIT when the disk is full, CONFLICT when others write for too long;
   * nothing of it is stored then
   */
  transaction<T>(run: () => T): T
  /**
   * Removes some of what is older than it may be, for about 15 ms; returns rows gone by table.
   * To be called every minute, and again soon while anything went.
   */
  retain(rules: RetentionRules): Record<string, number>
  close(): void
}
