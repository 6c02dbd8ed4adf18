import type { PipelineStats, TemplateRow } from '../../api/deps.ts'
import type { Config } from '../../config.ts'
import type { Detection } from '../../core/pipeline/engine.ts'
import type { AnomalyKind, LogLine } from '../../core/types.ts'

/** What the main thread asks of the worker. Every question is answered once, by its number. */
export type Question =
  | { type: 'start'; config: Config }
  | { type: 'infer'; id: number; lines: readonly LogLine[] }
  | { type: 'templates'; id: number }
  | { type: 'refresh'; id: number }
  | { type: 'stop'; id: number }

/** What the worker tells. */
export type Told =
  | { type: 'answer'; id: number; value: unknown }
  | { type: 'failed'; id: number; code?: string; message: string }
  /** Events up to this one are in the database. */
  | { type: 'stored'; upTo: number }
  | { type: 'stats'; stats: PipelineStats; counts: PipelineCounts }
  /** Which model is served from now on; null while there is none. `fresh`: another one than before. */
  | { type: 'model'; model: { name: string; version: string } | null; fresh: boolean }
  /** It reads lines; or it does not, and why: it tries again by itself. */
  | { type: 'ready' }
  | { type: 'trouble'; message: string }
  /** For metrics. */
  | { type: 'kafka'; event: KafkaEvent }
  /** For people, on stderr. */
  | { type: 'note'; text: string }

/** What happens with the brokers. */
export type KafkaEvent =
  | { type: 'rebalance' }
  | { type: 'commit'; seconds: number }
  | { type: 'dead'; messages: number }
  | { type: 'gone'; messages: number }
  /** Lines cut at the longest length. */
  | { type: 'cut'; lines: number }
  /** Anomalies of sessions that cross sources, whose lines nothing keeps together. */
  | { type: 'torn'; anomalies: number }

export interface InferAnswer extends Detection {
  model: { name: string; version: string }
}

export type TemplatesAnswer = TemplateRow[]

/** What happened since the last time, for metrics. */
export interface PipelineCounts {
  lines: number
  chars: number
  sessions: number
  kinds: Partial<Record<AnomalyKind, number>>
  /** Batches scored, and how long each took, seconds. */
  seconds: number[]
  /** Of the latest anomaly: nats a line, and scores of the voices. */
  surprise?: { mean: number; max: number }
  distance?: { mean: number; max: number }
  suppressed: number
  /** Lines given up because scoring them failed again and again. */
  failed: number
  /** Versions that could not be served. */
  badModels: number
}
