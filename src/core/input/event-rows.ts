import { LogbertError } from '../errors.ts'

/** A session as a file of sequences gives it: events may be any tokens, numbers or words. */
export interface EventRow {
  /** The id before the comma, else `line N`. */
  key: string
  /** Line in its file, from 1. */
  line: number
  events: string[]
  /** The file it stands in, where several are read as one. */
  source?: string
}

const SAMPLE = 200
const ID = /^([^\s,]+),/
/** Event names that logs' own words do not look like: 17, E5, -1. */
const EVENT = /^(?:-?\d{1,7}|[A-Za-z]{1,3}\d{1,5})$/

/**
 * Whether lines look like sessions of events (`e1 e2 e3` or `id,e1 e2 e3`) rather than like log text:
 * every event is a number or a short letter code. Sequences of words must be told by `events`.
 */
export const looksLikeEvents = (lines: readonly string[]): boolean => {
  const sample = lines.filter(line => line.trim() !== '').slice(0, SAMPLE)
  return (
    sample.length > 0 &&
    sample.every(line => {
      const events = line.replace(ID, '').trim().split(/\s+/)
      return events.every(event => EVENT.test(event))
    })
  )
}

/** Reads sessions line by line; whether lines begin with an id is told by the file's first lines. */
export interface EventRowReader {
  read(lines: readonly string[]): EventRow[]
  /** The file ended: what still waits. */
  end(): EventRow[]
  /** Lines without any event. */
  readonly empty: number
}

/**
 * Reads one file of sequences. With ids every line must have one.
 * @throws LogbertError BAD_INPUT naming a line that has none where the first lines have.
 */
export const createEventRowReader = (name = 'input'): EventRowReader => {
  let waiting: string[] | undefined = []
  let withIds = false
  let line = 0
  let empty = 0

  const readLine = (text: string): EventRow | undefined => {
    line++
    const id = withIds ? ID.exec(text)?.[1] : undefined
    if (withIds && id === undefined && text.trim() !== '') {
      throw new LogbertError(
        'BAD_INPUT',
        `reading ${name} failed: line ${line} has no id before a comma, as earlier lines have: ` +
          `${JSON.stringify(text.slice(0, 60))}; give every line one, or none`,
      )
    }
    const body = id === undefined ? text : text.slice(id.length + 1)
    const events = body.split(/\s+/).filter(event => event !== '')
    if (events.length > 0) return { key: id ?? `line ${line}`, line, events }
    empty++
    return undefined
  }
  const readAll = (lines: readonly string[]): EventRow[] =>
    lines.map(readLine).filter(row => row !== undefined)
  const settle = (): EventRow[] => {
    const lines = waiting ?? []
    waiting = undefined
    const filled = lines.slice(0, SAMPLE).filter(text => text.trim() !== '')
    // By majority: a row without an id among rows with ids is an error, and named.
    withIds = 2 * filled.filter(text => ID.test(text)).length > filled.length
    return readAll(lines)
  }
  return {
    read(lines) {
      if (waiting === undefined) return readAll(lines)
      for (const text of lines) waiting.push(text)
      return waiting.length >= SAMPLE ? settle() : []
    },
    end: () => (waiting === undefined ? [] : settle()),
    get empty() {
      return empty
    },
  }
}
