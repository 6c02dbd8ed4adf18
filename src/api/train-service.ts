import type { GivenTrainOptions } from '../core/pipeline/learn-schema.ts'
import type { WindowRule } from '../core/sequence/window.ts'
import type { Job, JobState, Page, PageRequest } from '../db/database.ts'

/** Where the lines of a training come from. */
export type TrainSource =
  /** A path below the data folder, or `s3://bucket/prefix*.log*`. */
  | { file: string }
  /** A stretch of the embedded bus by arrival, [from, to); epoch ms or ISO 8601. */
  | { bus: { from?: number | string | undefined; to?: number | string | undefined } }
  /** The log itself; `bytes` is its announced length, which a body that was cut off falls short of. */
  | { upload: AsyncIterable<Uint8Array>; bytes?: number }

export interface TrainRequest {
  source: TrainSource
  options: GivenTrainOptions
}

type Complete<K extends keyof GivenTrainOptions> = {
  [P in K]: Exclude<GivenTrainOptions[P], undefined>
}

/** All options of a job, the defaults filled in. */
export type TrainOptions = Complete<
  'name' | 'format' | 'session' | 'budget' | 'seed' | 'epochs' | 'backend' | 'holdout' | 'promote'
> & {
  window?: WindowRule
  idleSeconds?: number
  impurity?: number
  header?: string
  timeZone?: string
  masks?: { name: string; pattern: string }[]
  network?: Record<string, number>
  /** A path below the data folder. */
  labels?: string
}

/** Where the lines of a job that is kept come from; all times are known. */
export type KeptTrainSource =
  | { file: string }
  | { bus: { from: number; to: number } }
  | { upload: { bytes: number } }

/** What was asked for, complete: a restart with other defaults changes nothing. */
export type KeptTrainRequest = KeptTrainSource & TrainOptions

/** How far a job is; parts are there where they make sense. */
export interface TrainJobProgress {
  phase: string
  /** From 0 to 1 within the phase. */
  share?: number
  /** For people. */
  note?: string
  epoch?: number
  epochs?: number
  /** Mean loss of the epoch so far, nats. */
  loss?: number
  learningRate?: number
  gradientNorm?: number
  tokensPerSecond?: number
  /** Until the last epoch; early stopping may come sooner. */
  etaSeconds?: number
  /** How often the job was begun; more than 1 after restarts. */
  starts?: number
  [name: string]: unknown
}

/** A model that came out, and what became of it. */
export interface TrainJobResult {
  name: string
  version: string
  /** Whether it became `latest`. */
  promoted: boolean
  /** Why, or why not, in words. */
  why: string
  /** What it does on what was kept out, beside the model that was `latest`. */
  evaluation?: Record<string, unknown>
  /** The version that was `latest` then; null where there was none. */
  comparedWith: string | null
  /**
   * Whether nothing speaks against it: it alarms on no more of that than `latest`, chance apart, and
   * takes the same input.
   */
  fit: boolean
  [name: string]: unknown
}

/** A training job, as it is kept and as the API shows it. Times are epoch ms. */
export interface TrainJob extends Job {
  request: KeptTrainRequest
  progress?: TrainJobProgress
  result?: TrainJobResult
}

/** Training jobs: one at a time by default, the others wait; they survive restarts. */
export interface TrainService {
  /**
   * Queues a job; an upload is safe on disk when this resolves, and gone when it rejects.
   * @throws LogbertError LIMIT when too many jobs wait, the upload is too large or the disk is full,
   * BAD_INPUT when the file is not there or the upload was cut off, BAD_CONFIG for options that do
   * not fit each other, CANCELLED when the server is about to end
   */
  start(request: TrainRequest): Promise<TrainJob>
  get(id: string): TrainJob | undefined
  /** Newest first. */
  list(query: PageRequest & { states?: readonly JobState[] }): Page<TrainJob>
  /**
   * Ends a job that waits or runs, and gives it as it is then: one whose model is published already,
   * or that has ended, stays what it is. Undefined when there is none.
   */
  cancel(id: string): Promise<TrainJob | undefined>
}
