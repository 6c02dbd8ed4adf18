/**
 * The shapes that travel between the rooms of `core`. A line of text becomes a `LogEvent` (parse),
 * events become `Session`s (sequence), sessions become `Verdict`s and `Anomaly`s (detect).
 * Times are epoch milliseconds in UTC.
 */

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** A raw line on its way in. */
export interface LogLine {
  text: string
  /** Where the line comes from: file, host, pod, topic. Sessions never mix sources. */
  source: string
  /** Arrival time; the event time where the line itself carries none. */
  arrived: number
  /** Its position in the input where that has one of its own (the offset on a bus). */
  position?: number
  /** Sessions that it counts for here, where somebody has sorted it: none for a window. */
  keys?: readonly string[]
}

/** A parsed line. */
export interface LogEvent {
  /** Position of the line in its input: its own one, else counted from 1 in its source. */
  line: number
  /** Event time: the line's own where it has one, else its arrival. */
  at: number
  /** Whether `at` was read from the line. */
  dated: boolean
  source: string
  level?: Level
  component?: string
  process?: string
  thread?: string
  /** Message without its header, as written. */
  text: string
  /** Static text with `<*>` for every variable part. */
  template: string
  /** Stable within a template store: the same template text keeps its id. */
  templateId: number
  /** What stood in place of each `<*>`, in order. */
  parameters: string[]
  /** Named values of the header and of structured lines (JSON, logfmt, OTel attributes). */
  fields?: Record<string, string>
  /** As given with its line. */
  keys?: readonly string[]
}

/** Events that belong together, in order: one request, block or instance, or one window. */
export interface Session {
  /** Key value (block, request, …) or the window's name; unique within its source. */
  key: string
  source: string
  kind: 'key' | 'window'
  /** Template ids, in order of arrival. Nothing is dropped: length is at least 1. */
  events: number[]
  /** Event time of each entry of `events`. */
  at: number[]
  /** Line position of each entry of `events`. */
  lines: number[]
  /** Message texts, same length as `events`, where they are kept for explanations. */
  texts?: string[]
  /** Source of each entry of `events`, where a session crosses sources. */
  sources?: string[]
  /** Events at the end that no window before this one held; all of them when absent. */
  fresh?: number
  closedBy: 'end' | 'idle' | 'length' | 'window' | 'evicted'
}

export type AnomalyKind =
  | 'new template'
  | 'sequence'
  | 'missing ending'
  | 'count'
  | 'rate'
  | 'silence'
  | 'value'

/** One detector's opinion. `score` grows with oddness; `pValue` is its calibrated tail share. */
export interface VoiceScore {
  name: string
  score: number
  pValue: number
}

export interface ExpectedTemplate {
  /** Absent for the end of a session. */
  templateId?: number
  template: string
  p: number
}

export interface ExplainedLine {
  line: number
  /** Source of the line, where the session crosses sources. */
  source?: string
  at: number
  text: string
  template: string
  templateId: number
  /** −ln p of this event given the others, in nats. */
  surprise: number
  /**
   * Of the prediction for this place, in nats; anomalies of earlier versions have none. A surprise
   * well above it: not what the model expected. High itself: the model did not know what to expect.
   */
  entropy?: number
  expected: ExpectedTemplate[]
  odd: boolean
}

/** The bus, SSE and CLI form of an anomaly (format fixed by the docs). */
export interface Anomaly {
  /** Hash of model version, session key and line positions: a replay gives the same id. */
  id: string
  at: number
  firstSeen: number
  lastSeen: number
  source: string
  session: string
  kind: AnomalyKind
  score: number
  pValue: number
  voices: VoiceScore[]
  lines: ExplainedLine[]
  /** Templates that normal sessions of this shape have and this one lacks. */
  missing: { templateId: number; template: string; expected: number; got: number }[]
  /** Set where the session should have gone on: what was expected after its last line. */
  ending?: { surprise: number; entropy?: number; expected: ExpectedTemplate[] }
  model: { name: string; version: string }
  /**
   * Set on the one anomaly that tells of many alike: so many sessions with these counts were odd,
   * and so many of them were not raised one by one. A new normal, or a failure that goes on.
   */
  regime?: { alarms: number; withheld: number }
  incident?: string
}
