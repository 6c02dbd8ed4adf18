import type { Detection, Detector } from '../api/deps.ts'
import type { EventRow } from '../core/input/event-rows.ts'
import type { Bundle, BundleDraft } from '../core/store/bundle.ts'
import type { LogLine } from '../core/types.ts'

export type BackendChoice = 'auto' | 'wasm' | 'webgpu' | 'native' | 'reference'

export interface LearnOptions {
  name: string
  /** `auto`, `none`, or a pattern whose first group is the key. */
  session: string
  /** Events in a window, where there is no key. */
  window: number
  /** Share of normal sessions that may be alarmed. */
  budget: number
  seed: number
  /** 0 trains the voices without network only. */
  epochs: number
  backend: BackendChoice
  parent?: string
}

/** One progress object: `type` is `progress`, the rest is for people and metrics. */
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
  /** Serves a stream without end: a session ends by this silence, ms. */
  idleMs?: number
  /** Whether a pattern that becomes common becomes normal; as trained when absent. */
  drift?: boolean
  backend?: BackendChoice
}

/** A detector that takes sessions of events as well as lines. */
export interface OpenModel extends Detector {
  feedRows(rows: readonly EventRow[], source: string): Promise<Detection>
}

/** What training and scoring are to everything around them. */
export interface Engine {
  learn(
    input: LearnInput,
    options: LearnOptions,
    tell: (progress: LearnProgress) => void,
  ): Promise<BundleDraft>
  open(bundle: Bundle, options?: OpenOptions): Promise<OpenModel>
}
