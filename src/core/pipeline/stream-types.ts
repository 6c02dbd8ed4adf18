import type { DriftSnapshot } from '../detect/drift-state.ts'
import type { ParserSnapshot } from '../parse/parser-snapshot.ts'
import type { LogLine, Session } from '../types.ts'
import type { BackendChoice, Detection } from './engine.ts'
import type { SessionRecipe } from './recipe.ts'

/** What people said is normal; templates by their texts, which outlive a model. */
export interface Taught {
  /** Whole sessions: these, and what is as near to them as normal sessions are to each other. */
  sessions: readonly Course[]
  /** Templates that are normal wherever they stand. */
  templates: readonly string[]
  /** Templates that count as another: unseen ones as the known one that they are. */
  aliases: readonly { template: string; as: string }[]
}

export interface StreamOptions {
  /** Silence in event time that ends a session, ms; as the model says when absent. */
  idleMs?: number
  /** Silence in real time that ends the sessions of a silent source, ms; `idleMs` when absent. */
  quietMs?: number
  /** How late events may come, ms. Default 0. */
  latenessMs?: number
  /** Sessions open at once, events held in them, events of one: see `SequencerOptions`. */
  maxOpen?: number
  maxHeld?: number
  maxLength?: number
  /** Default true, see `OpenOptions`. */
  drift?: boolean
  backend?: BackendChoice
  /**
   * Fetches lines by their positions, undefined for those that are gone; texts are then not held in
   * memory. Lines must bring positions.
   */
  fetch?(positions: readonly number[]): Promise<(LogLine | undefined)[]>
  taught?: Taught
  /**
   * Goes on from here. A state of another model is carried over: its open sessions get the templates
   * of this one.
   */
  state?: StreamState
}

/** Everything that a stream remembers, as plain JSON. */
export interface StreamState {
  kind: 'stream/1' | 'sorter/1'
  model: { name: string; version: string }
  parser: ParserSnapshot
  recipe: SessionRecipe
  sequencer: unknown
  drift: Partial<Record<Session['kind'], DriftSnapshot>>
  /** Latest time of each source. */
  times: [source: string, at: number][]
  /** Templates that windows of strangers have shown. */
  strange: number[]
  usage: [templateId: number, lines: number, last: number][]
  /** Sessions that are complete and have not been judged. */
  closed: Session[]
  /** Real time since lines that wait were last let go, ms. */
  waited: number
  totals: { lines: number; sessions: number; lost: number }
  /** Of a sorter: lines that wait for others before them. */
  sorting?: { position: number; source: string; keys: string[] }[]
}

export interface StreamStats {
  lines: number
  sessions: number
  /** Sessions by key that are open now, and events held. */
  open: number
  held: number
  sources: number
  /** Templates now, and those that the model does not know. */
  templates: number
  unseen: number
  late: number
  cut: number
  /** Sessions closed because there was no room. */
  evicted: number
  /** Lines of open sessions that retention had taken when another model took over. */
  lost: number
  /** Scores found among those computed before, and computed. */
  hits: number
  misses: number
}

/** A template with its use in this stream. */
export interface TemplateUse {
  id: number
  text: string
  /** Whether training saw it. */
  known: boolean
  lines: number
  /** Event time of the latest line, epoch ms; absent without any. */
  last?: number
}

/** A whole session as templates in order; by their texts, which outlive a model. */
export interface Course {
  kind: Session['kind']
  templates: readonly string[]
}

/** What a stream found, with the whole course of each anomaly. */
export interface StreamDetection extends Detection {
  courses: Course[]
  /** Sessions on which judging failed, though it works on others: they are left out. */
  failed: FailedSession[]
  /** What a sorter gives in place of findings. */
  sorted?: SortedLine[]
}

/** A line with the session that it belongs to; one of several sessions comes once for each. */
export interface SortedLine {
  line: LogLine & { position: number }
  /** The session; absent for a window. */
  key?: string
  /** Lines of the same text here must stay together and in order. */
  group: string
}

export interface FailedSession {
  session: string
  source: string
  /** Positions of its lines. */
  lines: readonly number[]
  why: string
}

/**
 * A model at work on a stream without end. It is a function of the lines, ticks and teachings that it
 * was given, in their order: fed the same again from a stored state it finds the same, scores of a
 * network to some 1e-6 nats, as they depend on what is scored beside.
 */
export interface LogStream {
  readonly model: { name: string; version: string }
  feed(lines: readonly LogLine[]): Promise<StreamDetection>
  /**
   * Real time went on, ms, in which all lines there were have been fed: sources that wrote nothing
   * are silent, and sessions in them that have been so for too long are complete.
   */
  tick(ms: number): Promise<StreamDetection>
  /** The stream ended after all: what is open is judged as it is. */
  end(): Promise<StreamDetection>
  /** Uses idle time to make later calls faster; false when there is nothing left to do. */
  warm(): Promise<boolean>
  /** Whether silence can change anything: lines wait or sessions are open. */
  readonly waiting: boolean
  /** Replaces what people said is normal, from the next line on. */
  teach(taught: Taught): void
  /** To be written out before the next call. */
  state(): StreamState
  /** Positions of all lines that may be fetched from here on, some more than once. */
  held(): Iterable<number>
  templates(): TemplateUse[]
  readonly stats: StreamStats
}
