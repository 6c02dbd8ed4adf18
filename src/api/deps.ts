import type { Bus, BusLag } from '../bus/bus.ts'
import type { Incident, IncidentState } from '../core/incident/incident.ts'
import type { Detection } from '../core/pipeline/engine.ts'
import type { Seen } from '../core/rca/keep-report.ts'
import type { CitedLine, Narrative, RcaReport } from '../core/rca/types.ts'
import type { Registry } from '../core/store/registry.ts'
import type { Anomaly, AnomalyKind, LogLine } from '../core/types.ts'
import type {
  Database,
  Feedback,
  ReportFeedback,
  StoredReport,
  Suppression,
  TemplateEdit,
  TrueCause,
} from '../db/database.ts'
import type { AuthTokens } from './auth.ts'
import type { EventFeed } from './event-feed.ts'
import type { Metrics } from './metrics.ts'
import type { TrainService } from './train-service.ts'

/** What the HTTP interface needs of everything else. */
export interface AppDeps {
  limits: AppLimits
  auth: AuthTokens
  /** Host names under which requests may come; without tokens this machine's own, else all. */
  hosts?: readonly string[]
  metrics: Metrics
  db: Database
  bus: Bus
  /** Name under which the pipeline reads the bus. */
  group: string
  pipeline: PipelineHandle
  registry: Registry
  /** Name of the model that is served. */
  modelName: string
  /**
   * Channels have moved: what `latest` names is served from the next line on. Resolves when it is,
   * and has said so by an event `model`.
   */
  serveLatest(): Promise<void>
  trainer: TrainService
  feed: EventFeed
  decisions: Decisions
  /** Looks for causes in the lines around anomalies; absent where nobody does. */
  causes?: Causes
  /** Tells other nodes, and who listens on the bus, of a report. */
  shareReport?(report: StoredReport): Promise<void>
  /** Puts a root cause in words; absent when no language model is configured. */
  narrate?: Narrate
  /** How far sorted lines have been read, where lines are sorted first. */
  sortedLag?(): Promise<BusLag[]>
  /** A worker: it tells how it is, and nothing else. */
  statusOnly?: boolean
  /** A static file of the page. */
  asset(path: string): Promise<{ body: string | Uint8Array<ArrayBuffer>; type: string } | undefined>
}

export interface AppLimits {
  maxBodyBytes: number
  maxUploadBytes: number
  maxBatchLines: number
  maxLine: number
  maxClients: number
  heartbeatSeconds: number
}

/** The pipeline, which lives in a worker. */
export interface PipelineHandle {
  /** The model that is served; undefined before there is one. */
  model(): { name: string; version: string } | undefined
  /** Why lines are not read now; undefined while they are, or while there is no model. */
  trouble(): string | undefined
  /** Latest totals the worker has told (a few times a second). */
  stats(): PipelineStats
  /**
   * Scores lines by themselves in the worker: no state kept, nothing stored.
   * @throws LogbertError when there is no model
   */
  infer(lines: readonly LogLine[]): Promise<Inference>
  /** Templates with counts as the live parser knows them. */
  templates(): Promise<TemplateRow[]>
  /** Feedback, suppressions, incidents or template edits changed: resolves when in effect. */
  refresh(): Promise<void>
}

export type Inference = Detection & { model: { name: string; version: string } }

export interface PipelineStats {
  lines: number
  sessions: number
  anomalies: number
  linesPerSecond: number
  openSessions: number
  heldEvents: number
  sources: number
  templates: number
  unseenTemplates: number
  /** Lines in the bus not read yet. */
  lag: number
  lateLines: number
  cutLines: number
  evicted: number
  cacheHits: number
  cacheMisses: number
  checkpoints: number
  suppressed: number
}

/** What the pipeline did since it last told, where totals do not say it. */
export interface PipelineCounts {
  /** Anomalies found. */
  kinds: Partial<Record<AnomalyKind, number>>
  /** Batches scored, and how long each took, seconds. */
  seconds: readonly number[]
  /** Of the latest anomaly: nats a line, and scores of the voices. */
  surprise?: { mean: number; max: number }
  distance?: { mean: number; max: number }
  /** Lines given up because scoring them failed again and again. */
  failed: number
  /** Versions that could not be served. */
  badModels: number
}

export interface TemplateRow {
  id: number
  text: string
  /** In the model. */
  known: boolean
  lines: number
  lastSeen?: number
  name?: string
}

export interface Causes {
  /**
   * What the lines around these anomalies, or these lines, say of who is to blame; or why nothing
   * can be looked at: no lines are left, the model knows nothing of normal time, too many ask. Never
   * throws.
   */
  find(asked: { anomalies: readonly Anomaly[]; lines?: readonly LogLine[] }): Promise<Seen>
}

/** Undefined when nothing can be said. Never throws: the report stands without words. */
export type Narrate = (
  report: RcaReport,
  options: {
    signal: AbortSignal
    /** Those that the report cites. */
    lines: readonly CitedLine[]
    onText: TellText
  },
) => Promise<Narrative | undefined>

/** Told each sentence with a blank before all but the first, and the ids of its lines. */
export type TellText = (chunk: string, evidence: readonly string[]) => void

export interface GivenFeedback {
  verdict: 'normal' | 'real'
  /** Templates of the anomaly's lines that are normal wherever they stand; true: all odd ones. */
  templates?: boolean | readonly number[] | undefined
  reason?: string | undefined
  by?: string | undefined
}

export interface GivenReportFeedback {
  helpful: boolean
  trueCause?: TrueCause | undefined
  note?: string | undefined
  by?: string | undefined
}

export interface GivenSuppression {
  template?: string | undefined
  source?: string | undefined
  text?: string | undefined
  reason: string
  by?: string | undefined
  /** Epoch ms. */
  expires?: number | undefined
}

/**
 * What people decide, with everything that follows from it: in the database, for past anomalies and
 * in the pipeline. Calls resolve when it is in effect, and give undefined for what there is not.
 */
export interface Decisions {
  /**
   * Replaces what was said of the anomaly before.
   * @returns with how many past anomalies were closed as alike
   * @throws LogbertError BAD_INPUT for a template that none of its lines has
   */
  judge(
    anomaly: string,
    given: GivenFeedback,
  ): Promise<{ feedback: Feedback; alike: number } | undefined>
  /** Undoes what was said of an anomaly. */
  withdraw(anomaly: string): Promise<{ feedback: Feedback; alike: number } | undefined>
  suppress(given: GivenSuppression): Promise<Suppression>
  /** Removes a suppression; what it hid shows again. */
  unsuppress(id: string): Promise<Suppression | undefined>
  /** @throws LogbertError CONFLICT when it is in that state already */
  changeIncident(
    id: string,
    change: { state?: IncidentState | undefined; note?: string | undefined },
  ): Promise<Incident | undefined>
  /** Adds an edit in place of those of the same kind on the same templates. */
  editTemplates(edit: Omit<TemplateEdit, 'id' | 'created'>): Promise<TemplateEdit>
  undoEdit(id: string): Promise<TemplateEdit | undefined>
  /**
   * Replaces what was said of the report before.
   * @param report one that is known here; other nodes take it even before they know the report
   */
  rateReport(
    report: { id: string; incident?: string | undefined },
    given: GivenReportFeedback,
  ): Promise<ReportFeedback>
}
