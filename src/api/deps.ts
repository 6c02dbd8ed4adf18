import type { Detection, OpenModel } from '../core/pipeline/engine.ts'
import type { LogLine } from '../core/types.ts'
import type { EventRing } from './event-ring.ts'
import type { Metrics } from './metrics.ts'

export type { Detection }

/** A model at work on one stream of lines. */
export type Detector = Omit<OpenModel, 'feedRows'>

/** Lines on their way to the detector; bounded. */
export interface LineSink {
  /** Takes all lines or none. */
  offer(lines: readonly LogLine[]): boolean
  readonly queued: number
}

export interface TrainRequest {
  /** Path below the data folder, or an uploaded file. */
  path: string
  name: string
  format: 'auto' | 'lines' | 'events'
  session: string
  epochs: number
  seed: number
  budget: number
  /** Events; by the length of the log when absent. */
  window?: number
}

export interface TrainJob {
  id: string
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  request: Omit<TrainRequest, 'path'> & { file: string }
  /** ISO 8601. */
  created: string
  ended?: string
  /** The latest progress object of training. */
  progress?: Record<string, unknown>
  bundle?: { name: string; version: string }
  error?: { code: string; message: string }
}

export interface Trainer {
  /** @throws LogbertError LIMIT when too many jobs wait. */
  start(request: TrainRequest, file: string): TrainJob
  get(id: string): TrainJob | undefined
  list(): TrainJob[]
  cancel(id: string): boolean
  /** Absolute path of a file of the data folder; undefined when there is none below it. */
  locate(file: string): Promise<string | undefined>
  /** Keeps an upload until its job is over; undefined when it is larger than the limit. */
  keep(body: AsyncIterable<Uint8Array>): Promise<string | undefined>
}

export interface AppLimits {
  maxBodyBytes: number
  maxBatchLines: number
  maxLine: number
  maxClients: number
  heartbeatSeconds: number
}

export interface AppDeps {
  limits: AppLimits
  /** What POST /train takes where the request says nothing. */
  trainDefaults: Omit<TrainRequest, 'path'>
  metrics: Metrics
  events: EventRing
  sink: LineSink
  trainer: Trainer
  /** The model that is served; undefined before there is one. */
  model(): { name: string; version: string } | undefined
  /** A detector without any history, for one request; undefined when there is no model. */
  openDetector(): Promise<Detector | undefined>
  /** A static file of the page. */
  asset(path: string): Promise<{ body: string | Uint8Array<ArrayBuffer>; type: string } | undefined>
  /** Host names under which requests may come; all when absent. */
  hosts?: readonly string[]
}
