import { fieldOf } from '../sequence/key-rule.ts'
import type { LogEvent } from '../types.ts'

/**
 * A place in which events carry values: a field, a part of the header, or the n-th of several
 * values that stand together in one (`[cart,4bf92f35,00f067aa]` is `thread#0` to `thread#2`).
 */
export type Column = string

const HEADER = ['component', 'process', 'thread'] as const
const PART = /^(.+)#(\d+)$/

/** Value of an event in a column; undefined where it is empty or absent. */
export const valueIn = (event: LogEvent, column: Column): string | undefined => {
  const part = PART.exec(column)
  const value =
    part === null
      ? fieldOf(event, column)
      : fieldOf(event, part[1]!)?.split(',')[Number(part[2])]?.trim()
  return value === undefined || value === '' || value === '-' ? undefined : value
}

/** What the values of a column look like, over a stretch of events. */
export interface ColumnFacts {
  column: Column
  /** Events that have a value. */
  n: number
  /** Values with the sources and first parts they were seen with; bounded. */
  values: Map<string, number>
  /** Share of the values that can name one request and hardly anything else. */
  ids: number
}

const MOST_VALUES = 5_000
/** Share of the values of a field that must fall into as many parts as the others. */
const NEARLY_ALL = 0.8

/** All columns of a stretch. A field whose values are lists of several is split into them. */
export const columnsOf = (sample: readonly LogEvent[]): ColumnFacts[] => {
  const raw = new Map<string, string[]>()
  const note = (name: string, value: string | undefined): void => {
    if (value === undefined || value === '') return
    const list = raw.get(name)
    if (list === undefined) raw.set(name, [value])
    else list.push(value)
  }
  for (const event of sample) {
    for (const name of HEADER) note(name, event[name])
    for (const name in event.fields) note(name, event.fields[name])
  }
  return [...raw].flatMap(([name, values]) => {
    const parts = partsOf(values)
    if (parts === 1) return [factsOf(name, values)]
    return Array.from({ length: parts }, (_, i) =>
      factsOf(
        `${name}#${i}`,
        values.flatMap(value => value.split(',')[i]?.trim() || []),
      ),
    )
  })
}

const partsOf = (values: readonly string[]): number => {
  const counts = new Map<number, number>()
  for (const value of values) {
    if (/\s/.test(value)) continue
    const parts = value.split(',').length
    counts.set(parts, (counts.get(parts) ?? 0) + 1)
  }
  const [best] = [...counts].sort(([, a], [, b]) => b - a)
  return best !== undefined && best[1] >= NEARLY_ALL * values.length ? best[0] : 1
}

const factsOf = (column: Column, all: readonly string[]): ColumnFacts => {
  const values = new Map<string, number>()
  let n = 0
  let ids = 0
  for (const value of all) {
    if (value === '-') continue
    n++
    if (isId(value)) ids++
    if (values.size < MOST_VALUES || values.has(value)) {
      values.set(value, (values.get(value) ?? 0) + 1)
    }
  }
  return { column, n, values, ids: n === 0 ? 0 : ids / n }
}

/** Long, of one piece, and with digits: no word, and no size or count. */
export const isId = (value: string): boolean =>
  value.length >= 8 &&
  /\d/.test(value) &&
  /^[A-Za-z0-9_-]+$/.test(value) &&
  !/^\d{1,11}$/.test(value)
