import type { LogEvent } from '../types.ts'
import { type Column, type ColumnFacts, valueIn } from './columns.ts'
import { serviceOfInstance } from './service-name.ts'

/** Who wrote a line: where lines say so. Plain JSON, learned once. */
export type Writer =
  /** In the first of these columns that a line has. */
  { by: 'field'; field: Column; or?: Column[] } | { by: 'component' } | { by: 'source' }

/** Who wrote a line, with what tells replicas apart. */
export const placeOf = (event: LogEvent, writer: Writer): string => {
  if (writer.by === 'source') return event.source
  if (writer.by === 'component') return event.component ?? event.source
  const value = valueIn(event, writer.field)
  if (value !== undefined) return value
  for (const column of writer.or ?? []) {
    const other = valueIn(event, column)
    if (other !== undefined) return other
  }
  return event.source
}

/** Share of the lines that must have a column for it to name who wrote them. */
const SOME = 0.02
/** Names are few, and each stands in many lines. */
const LINES_PER_NAME = 10
/** Share of the values that must look like replicas of something: `cart-1`, `cart-7d9f-x2x4z`. */
const REPLICAS = 0.5
/** Share of the requests that must reach several writers: they stay in one thread, mostly. */
const CROSSED = 0.3
/** Share of a logger's lines that must come from one writer. */
const OWN = 0.9

/**
 * Columns of the header that name who wrote the lines of one file, best first: their values look
 * like replicas, requests go from one to the other, and each logger belongs to one of them. A pool
 * of threads within one program does not look like that.
 */
export const findWriters = (
  columns: readonly ColumnFacts[],
  sample: readonly LogEvent[],
  traceOf: (event: LogEvent) => string | undefined,
): Column[] => {
  const able = columns
    .filter(facts => isNaming(facts, sample.length))
    .map(({ column, values, n }) => ({ column, n, replicas: replicaShare(values, n) }))
    .filter(({ replicas }) => replicas >= REPLICAS)
    .filter(({ column }) => isCrossed(sample, column, traceOf) && ownsLoggers(sample, column))
  return able.sort((a, b) => b.replicas - a.replicas || b.n - a.n).map(({ column }) => column)
}

const isNaming = ({ column, n, values }: ColumnFacts, lines: number): boolean => {
  if (column.includes('#') || n < SOME * lines) return false
  const names = [...values.keys()]
  return (
    names.length > 1 &&
    names.length * LINES_PER_NAME <= n &&
    names.every(name => /^[A-Za-z_][\w.@:/-]*$/.test(name))
  )
}

const replicaShare = (values: ReadonlyMap<string, number>, n: number): number => {
  let replicas = 0
  for (const [value, count] of values) if (serviceOfInstance(value) !== value) replicas += count
  return replicas / n
}

const isCrossed = (
  sample: readonly LogEvent[],
  column: Column,
  traceOf: (event: LogEvent) => string | undefined,
): boolean => {
  const traces = new Map<string, { lines: number; names: Set<string> }>()
  for (const event of sample) {
    const value = valueIn(event, column)
    const trace = value === undefined ? undefined : traceOf(event)
    if (trace === undefined) continue
    const own = traces.get(trace) ?? { lines: 0, names: new Set() }
    own.lines++
    own.names.add(serviceOfInstance(value!))
    traces.set(trace, own)
  }
  const several = [...traces.values()].filter(({ lines }) => lines > 1)
  const crossed = several.filter(({ names }) => names.size > 1).length
  return several.length > 0 && crossed >= CROSSED * several.length
}

const ownsLoggers = (sample: readonly LogEvent[], column: Column): boolean => {
  const loggers = new Map<string, Map<string, number>>()
  for (const event of sample) {
    const value = valueIn(event, column)
    if (event.component === undefined || value === undefined) continue
    const name = serviceOfInstance(value)
    const row = loggers.get(event.component) ?? new Map<string, number>()
    loggers.set(event.component, row.set(name, (row.get(name) ?? 0) + 1))
  }
  let all = 0
  let own = 0
  for (const row of loggers.values()) {
    const counts = [...row.values()]
    all += counts.reduce((sum, count) => sum + count, 0)
    own += Math.max(...counts)
  }
  return own >= OWN * all
}
