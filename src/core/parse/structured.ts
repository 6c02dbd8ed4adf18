import type { SpanFields } from './header-fields.ts'
import type { FieldPath, RecordLayout } from './header-plan.ts'
import { levelOfLetter, levelOfNumber, levelOfPriority, levelOfWord } from './level.ts'
import type { LayoutReader } from './plain-reader.ts'
import { type Leaf, type LogRecord, leavesOf, parseJson, parseLogfmt, valueAt } from './record.ts'
import type { ZoneOffset } from './time-zone.ts'
import { createTimeReader } from './timestamp.ts'

const FACTORS: Record<string, number> = { X: 1000, x: 1, u: 1e-3, n: 1e-6 }

const timeReader = (
  time: NonNullable<RecordLayout['time']>,
  zone: ZoneOffset,
): ((record: LogRecord, arrived: number, out: SpanFields) => void) => {
  const reader = createTimeReader(time.pattern, zone)
  const factor = FACTORS[time.pattern]
  return (record, arrived, out) => {
    const [first, ...more] = time.paths.map(path => valueAt(record, path))
    if (typeof first === 'number' && factor !== undefined) {
      out.at = Math.floor(first * factor)
      out.dated = true
      return
    }
    const text = [first, ...more].join(' ')
    if (reader.read(text, 0, arrived) < 0 || !reader.dated) return
    out.at = reader.at
    out.dated = true
  }
}

const readLevel = (
  level: NonNullable<RecordLayout['level']>,
  record: LogRecord,
  out: SpanFields,
): void => {
  const value = valueAt(record, level.path)
  if (value === undefined || value === null) return
  const number = Number(value)
  if (level.scale === 'letter') out.level = levelOfLetter(String(value))
  else if (level.scale === 'otel') out.level = levelOfNumber(number, true)
  else if (level.scale === 'syslog')
    out.level = number > 60 ? levelOfPriority(number) : levelOfNumber(number, false)
  else out.level = levelOfWord(String(value))
}

const same = (a: FieldPath, b: FieldPath): boolean =>
  a.length === b.length && a.every((key, i) => key === b[i])

const nameOf = (path: FieldPath): string => path.join('.')

/** A record without a message as a line of its own; kinds of things are written as words. */
const render = (leaves: Leaf[], layout: RecordLayout): string =>
  leaves
    .map(({ path, value }) =>
      layout.categories.some(other => same(other, path))
        ? `${nameOf(path)}${value}`
        : `${nameOf(path)}=${value}`,
    )
    .join(' ')

/** Reader of JSON and logfmt lines. Sets `out.message`; the rest is in `out.fields`, made late. */
export const createRecordReader = (layout: RecordLayout, zone: ZoneOffset): LayoutReader => {
  const parse = layout.kind === 'json' ? parseJson : parseLogfmt
  const readTime = layout.time === undefined ? undefined : timeReader(layout.time, zone)
  const taken = [
    ...(layout.time?.paths ?? []),
    ...(layout.level === undefined ? [] : [layout.level.path]),
    ...(layout.message === undefined ? [] : [layout.message]),
  ]
  const open = ({ path }: Leaf): boolean => !taken.some(other => same(other, path))
  return (line, from, arrived, out) => {
    const record = parse(line, from)
    if (record === undefined) return -1
    const message = layout.message && valueAt(record, layout.message)
    if (layout.message !== undefined && message === undefined) return -1
    readTime?.(record, arrived, out)
    if (layout.level !== undefined) readLevel(layout.level, record, out)
    for (const { path, role } of layout.roles) {
      const value = valueAt(record, path)
      if (value !== undefined && value !== null) out.set(role, String(value))
    }
    if (message === undefined) out.message = render(leavesOf(record).filter(open), layout)
    else out.message = typeof message === 'string' ? message.trimEnd() : JSON.stringify(message)
    out.later(() =>
      leavesOf(record)
        .filter(open)
        .map(({ path, value }) => [nameOf(path), String(value)]),
    )
    return from
  }
}
