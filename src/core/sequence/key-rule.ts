import type { LogEvent } from '../types.ts'
import { labelBefore, scanFound, scanIds } from './id-scan.ts'
import { type IdShape, type Reading, readId } from './id-shape.ts'
import { checkedPattern } from './key-pattern.ts'

/** Where the key of an event is found. */
export type KeyPlace =
  /** Matches of a regular expression in the message: its first group, else the whole match. */
  | { by: 'pattern'; pattern: string }
  /** A header field (`process`, `thread`, `component`) or a named value of structured lines. */
  | { by: 'field'; field: string }
  /** Identifiers of one family, wherever they stand in message or header. */
  | { by: 'shape'; shape: IdShape }
  /** Values behind one of these words: `session 4711`, `sid=4711`; `^` is the message's start. */
  | { by: 'label'; labels: string[] }
  /** The source itself: one file is one run. */
  | { by: 'source' }

/** Which lines belong together. Plain JSON, part of a bundle. */
export interface KeyRule {
  place: KeyPlace
  /** `global`: the same value in two sources is one session (a trace that crosses services). */
  scope: 'source' | 'global'
  /** Values that name something lasting (pid 1, the main thread) and so no session. */
  except?: string[]
  /** Silence of a key, in ms of event time, after which its session may be taken as closed. */
  idleMs?: number
  /** Whether values come back for another session, so that `idleMs` must split files as well. */
  reused?: boolean
}

/** A line that names more keys (a report of many blocks) belongs to its first ones only. */
export const MAX_KEYS_PER_LINE = 64
const MAX_KEY_LENGTH = 256
/** Patterns look at the beginning of a longer text only: their cost may grow with its square. */
const MAX_SEARCHED = 4096
const HEADER = new Set(['process', 'thread', 'component'])

/** Value of a header field or of a named value, where an event has it. */
export const fieldOf = (event: LogEvent, field: string): string | undefined =>
  HEADER.has(field) ? event[field as 'process' | 'thread' | 'component'] : event.fields?.[field]

/** Calls `read` for the message and for every header value that may hold an identifier. */
export const eachText = (event: LogEvent, read: (text: string, label: string) => void): void => {
  read(event.text, '')
  if (event.process !== undefined) read(event.process, 'process')
  if (event.thread !== undefined) read(event.thread, 'thread')
  if (event.fields === undefined) return
  for (const name in event.fields) read(event.fields[name]!, name)
}

/** Reads the distinct keys of an event, in order of appearance. */
export type KeyReader = (event: LogEvent) => string[]

const NONE: readonly string[] = []

/**
 * Makes the reader of a rule.
 * @throws LogbertError BAD_CONFIG when its pattern is no safe regular expression.
 */
export const createKeyReader = (rule: KeyRule): KeyReader => {
  const read = placeReader(rule.place)
  const except = new Set(rule.except)
  return event => {
    const keys = read(event)
    if (keys.length === 0) return NONE as string[]
    if (keys.length === 1) return except.has(keys[0]!) ? (NONE as string[]) : keys
    const distinct = [...new Set(keys)].filter(key => !except.has(key))
    return distinct.length > MAX_KEYS_PER_LINE ? distinct.slice(0, MAX_KEYS_PER_LINE) : distinct
  }
}

const placeReader = (place: KeyPlace): KeyReader => {
  switch (place.by) {
    case 'field':
      return event => {
        const value = fieldOf(event, place.field)
        return value === undefined || !isValue(value) ? [] : [value]
      }
    case 'source':
      return event => [event.source]
    case 'pattern':
      return patternReader(checkedPattern(place.pattern))
    case 'shape':
      return shapeReader(place.shape)
    case 'label':
      return labelReader(new Set(place.labels))
  }
}

/** Whether a field's value can name something: the common signs for "nothing" do not. */
export const isValue = (value: string): boolean =>
  value.length > 0 && value.length <= MAX_KEY_LENGTH && !/^(?:-|null|none|nil|n\/a)$/i.test(value)

const patternReader = (pattern: RegExp): KeyReader => {
  const collect = (text: string, keys: string[]): void => {
    const searched = text.length > MAX_SEARCHED ? text.slice(0, MAX_SEARCHED) : text
    for (const match of searched.matchAll(pattern)) {
      const key = match[1] ?? match[0]
      if (key.length > 0) keys.push(key.slice(0, MAX_KEY_LENGTH))
      if (keys.length === MAX_KEYS_PER_LINE) return
    }
  }
  return event => {
    const keys: string[] = []
    eachText(event, text => collect(text, keys))
    return keys
  }
}

/** Finds a place in a text where an id of the family may stand; undefined: look at every token. */
const finderOf = (shape: IdShape): ((text: string, from: number) => number) | undefined => {
  const prefix = /^(.+?)(?:#\d+|uuid)$/.exec(shape)?.[1]
  if (prefix !== undefined) return (text, from) => text.indexOf(prefix, from)
  if (shape === 'uuid') return matchFrom(/[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-/g)
  const shortest = { hex8: 8, hex16: 9, hex32: 17, hex40: 33, hex64: 41 }[shape]
  return shortest === undefined ? undefined : matchFrom(new RegExp(`[0-9a-fA-F]{${shortest}}`, 'g'))
}

const matchFrom =
  (pattern: RegExp) =>
  (text: string, from: number): number => {
    pattern.lastIndex = from
    return pattern.exec(text)?.index ?? -1
  }

const shapeReader = (shape: IdShape): KeyReader => {
  const find = finderOf(shape)
  return event => {
    const keys: string[] = []
    const take = (readings: readonly Reading[]): void => {
      for (const reading of readings) if (reading.shape === shape) keys.push(reading.value)
    }
    eachText(event, text => {
      if (find === undefined) scanIds(text, (_token, _start, readings) => take(readings))
      else scanFound(text, find, token => take(readId(token)))
    })
    return keys
  }
}

const labelReader = (labels: ReadonlySet<string>): KeyReader => {
  const words = [...labels]
  const atStart = labels.has('^')
  return event => {
    const text = event.text
    if (!atStart && !words.some(word => text.includes(word))) return []
    const keys: string[] = []
    scanIds(text, (token, start, readings) => {
      if (labels.has(labelBefore(text, start))) keys.push(readings.at(-1)?.value ?? token)
    })
    return keys
  }
}
