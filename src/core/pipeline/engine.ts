import type { EventRow } from '../input/event-rows.ts'
import type { LogbertConfig } from '../logbert/config.ts'
import type { UserPattern } from '../parse/user-mask.ts'
import type { WindowRule } from '../sequence/window.ts'
import type { Bundle, BundleDraft } from '../store/bundle.ts'
import type { CheckpointStore } from '../train/checkpoint.ts'
import type { Anomaly, AnomalyKind, LogLine, VoiceScore } from '../types.ts'
import type { NormalSession } from './normals.ts'
import type { LogStream, StreamOptions, Taught } from './stream-types.ts'

/** What the detector thinks of one closed session. */
export interface SessionVerdict {
  session: string
  source: string
  score: number
  /** Share of normal sessions that score at least this much. */
  pValue: number
  anomalous: boolean
  kind?: AnomalyKind
  voices: VoiceScore[]
  /** Positions of its lines in their source, from 1. */
  lines: readonly number[]
}

/** Sessions that closed, in the order in which they did, and what is odd among them. */
export interface Detection {
  verdicts: SessionVerdict[]
  anomalies: Anomaly[]
}

export interface ParseOptions {
  /** `auto`, `none`, or a pattern with named parts: `<time> <level> <component>: <message>`. */
  header?: string
  /** Zone of times that name none: `UTC` (default), `+02:00`, `Europe/Berlin`. */
  timeZone?: string
  /** Values that only the user knows, found before all others. */
  masks?: UserPattern[]
}

export type BackendChoice = 'auto' | 'wasm' | 'webgpu' | 'native' | 'reference'

export interface LearnOptions {
  name: string
  /** `auto`, `none`, or a pattern whose first group is the key. */
  session: string
  /** How lines without a key are cut; by events, as the length of the log allows, when absent. */
  window?: WindowRule
  /** Silence that ends a session, ms, in training and then in serving; found when absent. */
  idleMs?: number
  /** How lines are read, where they are not to be read as they look. */
  parse?: ParseOptions
  /** Share of normal sessions that may be alarmed. */
  budget: number
  /** Share of the training sessions that is known to be odd: the oddest are not learned from. */
  impurity?: number
  seed: number
  /** Most passes of LogBERT; 0 trains the voices without network only. */
  epochs: number
  backend: BackendChoice
  parent?: string
  /** Size and training settings of LogBERT; its defaults where absent. */
  network?: Partial<Omit<LogbertConfig, 'epochs'>>
  /** Sessions that people called normal: learned beside the input. */
  normals?: readonly NormalSession[]
  /** Where LogBERT leaves its state after every epoch, and finds what to go on from. */
  checkpoints?: CheckpointStore
}

/** One progress object: the named parts are for people, the rest for metrics. */
export interface LearnProgress {
  phase: string
  /** From 0 to 1 within the phase, where the end is known. */
  share?: number
  note?: string
  [name: string]: unknown
}

/** Everything to learn from, in order; `open` is called once, as pipes can be read once only. */
export type LearnInput =
  | { format: 'lines'; open(): AsyncIterable<LogLine[]> }
  | { format: 'events'; open(): AsyncIterable<EventRow[]> }

export interface OpenOptions {
  /**
   * Whether odd sessions that become common are told once and no longer one by one. Default true;
   * sequences without time never have it.
   */
  drift?: boolean
  backend?: BackendChoice
  /** What people said is normal; of log lines only. */
  taught?: Taught
  /** False leaves anomalies out, which cost most of the time: verdicts only. Default true. */
  explain?: boolean
}

/** A model at work on one log that ends, of lines or of sessions of events. */
export interface OpenModel {
  readonly model: { name: string; version: string }
  feed(lines: readonly LogLine[]): Promise<Detection>
  feedRows(rows: readonly EventRow[], source: string): Promise<Detection>
  /** The log ended: what is open is judged as it is. */
  flush(): Promise<Detection>
}

/** What training and scoring are to everything around them. */
export interface Engine {
  /** @throws LogbertError BAD_INPUT when there is nothing to learn from. */
  learn(
    input: LearnInput,
    options: LearnOptions,
    tell: (progress: LearnProgress) => void,
  ): Promise<BundleDraft>
  /** @throws LogbertError BAD_BUNDLE when a part of it is damaged or of another version. */
  open(bundle: Bundle, options?: OpenOptions): Promise<OpenModel>
  /** @throws LogbertError the same, and BAD_INPUT for a model of sequences. */
  stream(bundle: Bundle, options: StreamOptions): Promise<LogStream>
  /** Tells only which session each line belongs to; see `openSorter`. @throws the same */
  sorter(bundle: Bundle, options: StreamOptions): Promise<LogStream>
}
