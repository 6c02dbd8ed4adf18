import type { Incident, IncidentState } from '../core/incident/incident.ts'
import type { Course } from '../core/pipeline/stream-types.ts'
import type { Signature } from '../core/rca/signature.ts'
import type { SuspectKind } from '../core/rca/types.ts'
import type { Anomaly, AnomalyKind } from '../core/types.ts'

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

export interface Page<T> {
  items: T[]
  /** For the next page; null at the end. */
  next: string | null
}

/** @throws LogbertError BAD_INPUT (by the lists) for a limit out of range or a cursor of no page */
export interface PageRequest {
  /** 1 to 1000; 50 when absent. */
  limit?: number
  /** `next` of the page before, of the same list. */
  cursor?: string
}

export interface RetentionRules {
  /** Now, epoch ms. */
  now: number
  /**
   * Age in ms beyond which anomalies (since they were stored), resolved incidents (since they were),
   * jobs (since they ended) and reports go; other incidents when none of their anomalies is left.
   */
  maxAgeMs: number
  /** Events kept for clients that come back. */
  maxEvents: number
  maxAnomalies: number
}

/** `open`: to be looked at; `normal`, `real`: what people said; `suppressed`: by a rule. */
export type AnomalyState = 'open' | 'normal' | 'real' | 'suppressed'

export interface StoredAnomaly extends Anomaly {
  state: AnomalyState
  /** Id of the suppression that hides it. */
  suppressedBy?: string
  /** Epoch ms when it was stored. */
  stored: number
}

export interface AnomalyQuery extends PageRequest {
  /** Epoch ms; by `at`, [from, to). */
  from?: number
  to?: number
  source?: string
  kinds?: readonly AnomalyKind[]
  minScore?: number
  /**
   * Part of a text, any case: of odd lines (all lines where none is odd) and their templates, of
   * missing templates or of the session key; each looked through for its first 1024 characters,
   * all for 4096.
   */
  text?: string
  states?: readonly AnomalyState[]
  incident?: string
  session?: string
}

export interface AnomalyTable {
  /** False when the id is there already: nothing is changed then. */
  add(anomaly: Anomaly, more: { stored: number; suppressedBy?: string; course?: Course }): boolean
  get(id: string): StoredAnomaly | undefined
  /** The whole session of an anomaly, which shows a part of it only; undefined where none was kept. */
  course(id: string): Course | undefined
  /** Newest first (by `at`, then by when it was stored). */
  list(query: AnomalyQuery): Page<StoredAnomaly>
  count(query: Omit<AnomalyQuery, 'limit' | 'cursor'>): number
  /**
   * All that a query may find, newest first, in batches: each is read when it is asked for, and
   * changes may be made in between. With `text` it also gives those whose texts were too long to be
   * kept whole: the caller must look for itself.
   */
  each(
    query: Omit<AnomalyQuery, 'limit' | 'cursor'>,
    batch?: number,
  ): Generator<StoredAnomaly[], void, undefined>
  /** Sets state and suppression (none when absent); false when there is no such anomaly. */
  setState(id: string, state: AnomalyState, suppressedBy?: string): boolean
  /**
   * Opens again what a suppression hides, at most so many (1000 when absent); returns how many: to
   * be called until there are none.
   */
  reopenSuppressed(suppression: string, most?: number): number
  setIncident(id: string, incident: string): void
}

export interface IncidentQuery extends PageRequest {
  states?: readonly IncidentState[]
  source?: string
  /** Overlapping [from, to), epoch ms. */
  from?: number
  to?: number
  text?: string
}

export interface IncidentTable {
  put(incident: Incident): void
  get(id: string): Incident | undefined
  /** Newest `lastSeen` first. */
  list(query: IncidentQuery): Page<Incident>
  /** Those last seen since, of any state, oldest first: what grouping goes on with. */
  recent(since: number): Incident[]
}

/** What SSE sends and resumes from. Ids rise; none is used twice. */
export interface StoredEvent {
  id: number
  type: 'anomaly' | 'incident' | 'rca' | 'train' | 'model'
  /** JSON text. */
  data: string
  /** What filters ask for; absent where it makes no sense. */
  kind?: AnomalyKind
  source?: string
  score?: number
}

export interface EventTable {
  add(event: Omit<StoredEvent, 'id'>): number
  /** Those after an id, oldest first, at most `limit`. */
  after(id: number, limit: number): StoredEvent[]
  /**
   * Ids of the oldest kept and of the latest event; 0 and 0 when there was none ever. `first` is
   * past `last` when none is kept.
   */
  range(): { first: number; last: number }
}

export interface Feedback {
  id: string
  anomaly: string
  verdict: 'normal' | 'real'
  /** Templates of the session in order, as text: what scoring and the next training learn. */
  session: string[]
  /** Population of the session. */
  kind: 'key' | 'window'
  /** Templates that are normal wherever they stand, as text. */
  templates: string[]
  reason?: string
  by?: string
  /** Epoch ms. */
  created: number
}

export interface FeedbackTable {
  add(feedback: Feedback): void
  get(id: string): Feedback | undefined
  remove(id: string): boolean
  list(query: PageRequest & { anomaly?: string }): Page<Feedback>
  /** All that say normal, oldest first. */
  normals(): Feedback[]
}

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

/** What a person corrected; applied on top of a model's templates. */
export interface TemplateEdit {
  id: string
  kind: 'name' | 'merge' | 'split'
  /** Template texts that it is about. */
  templates: string[]
  value: Record<string, unknown>
  by?: string
  created: number
}

export interface TemplateEditTable {
  add(edit: TemplateEdit): void
  remove(id: string): boolean
  list(query: PageRequest): Page<TemplateEdit>
  all(): TemplateEdit[]
}

/** How far topics of others have been taken over, in the transaction of what was. */
export interface FollowedTable {
  /** Offset to go on from, by partition. */
  next(topic: string): ReadonlyMap<number, number>
  set(topic: string, partition: number, next: number): void
}

/** Where the pipeline is: what a restart goes on from, in the transaction of what it found. */
export interface PipelineTable {
  /** Replaces the checkpoint and all ticks; `pending` are those still to be applied after it. */
  saveCheckpoint(checkpoint: PipelineCheckpoint, pending?: readonly PipelineTick[]): void
  checkpoint(): PipelineCheckpoint | undefined
  /** A timer that fired before the message at `next` was read. */
  addTick(tick: PipelineTick): void
  /** Since the checkpoint, in order. */
  ticks(): PipelineTick[]
}

export interface PipelineCheckpoint {
  /** Offset of the first message that is not in it, by partition. */
  next: Record<string, number>
  model: { name: string; version: string }
  state: Uint8Array
  created: number
}

export interface PipelineTick {
  partition: number
  next: number
  /** Real time that went on, ms. */
  ms: number
}
