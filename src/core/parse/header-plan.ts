import type { Level } from '../types.ts'

/** What a column of the header tells; any other name makes it a named field. */
export type HeaderRole = 'component' | 'process' | 'thread' | (string & {})

/**
 * One step of reading a header, from left to right. `text` matches itself, a blank in it any run of
 * blanks (also none); `word` runs to the next blank; `until` to the next `stop`; `group` to the
 * closing bracket of its kind; `name` to a blank, comma or closing mark; `tag` is `name[process] (detail):` and ends behind its colon.
 */
export type HeaderItem =
  | { kind: 'text'; text: string }
  | { kind: 'time'; pattern: string; primary: boolean }
  | { kind: 'level' | 'letter' | 'priority' | 'data' }
  | { kind: 'word' | 'number' | 'name'; role: HeaderRole }
  | { kind: 'until'; stop: string; role: HeaderRole }
  /** `level`: a level word stands first or last in it, set off by a character like `/` or `:`. */
  | { kind: 'group'; role: HeaderRole; level?: 'first' | 'last' }
  | { kind: 'tag' }

/** Lines whose header stands before the message, as `items` in order. */
export interface PlainLayout {
  kind: 'plain'
  items: HeaderItem[]
  /** Items that a line must have to be of this layout; from there on it is read as far as it goes. */
  must: number
  /** How the message itself is laid out, where that is structured or has a header of its own. */
  inner?: HeaderLayout[]
  share: number
}

/** Keys from the outside in; `0` is the first entry of a list. */
export type FieldPath = string[]

/**
 * One record of named values a line: a JSON object, or `key=value key="quoted value"` (logfmt).
 * Without `message` the record itself is the message, less its time and level.
 */
export interface RecordLayout {
  kind: 'json' | 'logfmt'
  /** Several paths are joined by a blank: a date and a time of day. */
  time?: { paths: FieldPath[]; pattern: string }
  level?: { path: FieldPath; scale: 'word' | 'letter' | 'syslog' | 'otel' }
  message?: FieldPath
  roles: { path: FieldPath; role: HeaderRole }[]
  /** Numbers that stand for kinds of things (a type, a status), not for amounts. */
  categories: FieldPath[]
  inner?: HeaderLayout[]
  share: number
}

export type HeaderLayout = PlainLayout | RecordLayout

/** How the lines of one source begin. Plain JSON; `kind` names the version of the shape. */
export interface HeaderPlan {
  kind: 'header/1'
  timeZone: string
  /** Tried in order, at most 10. */
  layouts: HeaderLayout[]
}

export interface HeaderOptions {
  /**
   * `auto` learns from the lines; `none` takes every line as message; a pattern with named parts,
   * `<time> <level> [<thread>] <component>: <message>`, pins the layout (see header-pattern.ts).
   */
  format?: string
  /** Zone of times that name none: `UTC` (default), `+02:00`, `Europe/Berlin`. */
  timeZone?: string
}

/** What the header of the last line read held. Strings are cut out when they are asked for. */
export interface HeaderFields {
  /** Epoch ms: the line's own time, else its arrival. */
  at: number
  dated: boolean
  level: Level | undefined
  readonly component: string | undefined
  readonly process: string | undefined
  readonly thread: string | undefined
  readonly fields: Record<string, string> | undefined
  /** Set only where the message is no suffix of the line (JSON and the like). */
  message: string | undefined
}
