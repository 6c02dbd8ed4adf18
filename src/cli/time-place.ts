import { createHeaderFields } from '../core/parse/header-fields.ts'
import type { HeaderLayout, PlainLayout, RecordLayout } from '../core/parse/header-plan.ts'
import { createPlainReader } from '../core/parse/plain-reader.ts'
import { parseJson, parseLogfmt, valueAt } from '../core/parse/record.ts'
import type { ZoneOffset } from '../core/parse/time-zone.ts'
import { createTimeReader } from '../core/parse/timestamp.ts'

/** Where the event time of a line stands: `[from, to)`. */
export interface TimePlace {
  from: number
  to: number
}

/** Finds the time that the parser reads in lines of one layout. */
export interface TimeFinder {
  pattern: string
  find(line: string, arrived: number): TimePlace | undefined
}

/** Undefined for layouts whose time cannot be written in place: none, or put together of several. */
export const timeFinder = (layout: HeaderLayout, zone: ZoneOffset): TimeFinder | undefined =>
  layout.kind === 'plain' ? plainFinder(layout, zone) : recordFinder(layout, zone)

const plainFinder = ({ items }: PlainLayout, zone: ZoneOffset): TimeFinder | undefined => {
  const at = items.findIndex(item => item.kind === 'time' && item.primary)
  const time = items[at]
  if (time?.kind !== 'time') return undefined
  const before = createPlainReader(
    { kind: 'plain', items: items.slice(0, at), must: at, share: 1 },
    zone,
  )
  const reader = createTimeReader(time.pattern, zone)
  const out = createHeaderFields()
  return {
    pattern: time.pattern,
    find(line, arrived) {
      out.reset(line, arrived)
      const from = before(line, 0, arrived, out)
      const to = from < 0 ? -1 : reader.read(line, from, arrived)
      return to < 0 ? undefined : { from, to }
    },
  }
}

const recordFinder = ({ kind, time }: RecordLayout, zone: ZoneOffset): TimeFinder | undefined => {
  const path = time?.paths[0]
  if (time === undefined || path === undefined || time.paths.length > 1) return undefined
  const parse = kind === 'json' ? parseJson : parseLogfmt
  const name = path.at(-1)!
  const mark = kind === 'json' ? JSON.stringify(name) : name
  const reader = createTimeReader(time.pattern, zone)
  return {
    pattern: time.pattern,
    find(line, arrived) {
      const record = parse(line, 0)
      const value = record && valueAt(record, path)
      if (typeof value !== 'string' && typeof value !== 'number') return undefined
      const from = valueFrom(line, mark, kind === 'json' ? ':' : '=', `${value}`)
      if (from === undefined) return undefined
      const length =
        typeof value === 'number' ? value.toString().length : reader.read(value, 0, arrived)
      return length < 0 ? undefined : { from, to: from + length }
    },
  }
}

/** Where the value of the first key of this name that has it begins. */
const valueFrom = (
  line: string,
  name: string,
  separator: string,
  value: string,
): number | undefined => {
  for (let at = line.indexOf(name); at >= 0; at = line.indexOf(name, at + 1)) {
    let from = at + name.length
    while (line[from] === ' ') from++
    if (line[from] !== separator) continue
    do from++
    while (line[from] === ' ')
    if (line[from] === '"') from++
    if (line.startsWith(value, from)) return from
  }
  return undefined
}
