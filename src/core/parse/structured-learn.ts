import type { FieldPath, RecordLayout } from './header-plan.ts'
import { bestPattern, timeRank } from './header-time.ts'
import { levelOfLetter, levelOfNumber, levelOfWord } from './level.ts'
import { type Leaf, type LogRecord, leavesOf, parseJson, parseLogfmt } from './record.ts'
import { guessTimes } from './time-guess.ts'
import type { ZoneOffset } from './time-zone.ts'

/**
 * Keys as the common loggers and collectors write them (lower case, letters only), the most telling
 * first. They only break ties: the values must be what the key says.
 */
const KEYS = {
  time: 'timestamp time ts timeunixnano realtimetimestamp datetime date eventtime t asctime sourcerealtimetimestamp observedtimeunixnano',
  level: 'level loglevel levelname lvl severity severitytext severitynumber priority l s sev',
  message: 'message msg log body shortmessage logmessage bodystringvalue rawmessage',
  text: 'event text content description summary m reason title detail error',
  component:
    'logger loggername component name module target category service servicename syslogidentifier caller class tag unit c source app',
  process: 'pid processid process procid',
  thread: 'thread threadname tid threadid ctx goroutine',
  category: 'type kind status state code event action op operation reason result method phase',
} as const

interface Column {
  path: FieldPath
  values: Leaf['value'][]
}

const NEARLY_ALL = 0.9

const keyOf = (path: FieldPath): string =>
  path
    .at(-1)!
    .toLowerCase()
    .replace(/[^a-z]/g, '')

/** Rank of a column's key in a list of keys, its whole path counting too; -1 when it is not there. */
const rankIn = (path: FieldPath, keys: string): number => {
  const list = keys.split(' ')
  const last = list.indexOf(keyOf(path))
  const deep = list.indexOf(keyOf([path.slice(-2).join('')]))
  const inner = /^\$?(?:date|stringvalue)$/i.test(path.at(-1)!) && path.length > 1
  return inner ? list.indexOf(keyOf(path.slice(0, -1))) : last >= 0 ? last : deep
}

const byKey = (columns: Column[], keys: string): Column[] =>
  columns
    .filter(({ path }) => rankIn(path, keys) >= 0)
    .sort((a, b) => rankIn(a.path, keys) - rankIn(b.path, keys) || a.path.length - b.path.length)

const columnsOf = (records: LogRecord[]): Column[] => {
  const columns = new Map<string, Column>()
  for (const record of records)
    for (const { path, value } of leavesOf(record)) {
      const key = path.join('\n')
      const column = columns.get(key) ?? { path, values: [] }
      column.values.push(value)
      columns.set(key, column)
    }
  return [...columns.values()]
}

const shareOf = (column: Column, test: (value: Leaf['value']) => boolean): number =>
  column.values.filter(test).length / column.values.length

const timePattern = (texts: string[], zone: ZoneOffset): string | undefined => {
  const patterns = new Set(texts.slice(0, 24).flatMap(text => guessTimes(text, 0)))
  patterns.delete('R')
  const starts = texts.map(() => 0)
  const best = bestPattern(texts, starts, patterns, zone)
  return best !== undefined && best.fit.lines.length >= NEARLY_ALL * texts.length
    ? best.pattern
    : undefined
}

const findTime = (columns: Column[], all: number, zone: ZoneOffset): RecordLayout['time'] => {
  const often = columns.filter(({ values }) => values.length >= NEARLY_ALL * all)
  const times = often.flatMap(column => {
    const named = rankIn(column.path, KEYS.time)
    const texts = column.values.map(String)
    // Numbers without a telling name are ids more often than times.
    if (named < 0 && shareOf(column, value => /^\d+$/.test(String(value))) > 0.1) return []
    const pattern = timePattern(texts, zone)
    return pattern === undefined ? [] : [{ path: column.path, pattern, named }]
  })
  const full = times
    .filter(({ pattern }) => timeRank(pattern) >= 3)
    .sort((a, b) => (a.named < 0 ? 99 : a.named) - (b.named < 0 ? 99 : b.named))[0]
  if (full !== undefined) return { paths: [full.path], pattern: full.pattern }
  const date = times.find(({ pattern }) => timeRank(pattern) === 1)
  const clock = times.find(({ pattern }) => timeRank(pattern) === 2)
  if (date === undefined || clock === undefined) return undefined
  return { paths: [date.path, clock.path], pattern: `${date.pattern} ${clock.pattern}` }
}

const scaleOf = (column: Column): 'word' | 'letter' | 'syslog' | 'otel' | undefined => {
  const most = (test: (value: Leaf['value']) => boolean): boolean =>
    shareOf(column, test) >= NEARLY_ALL
  if (most(value => levelOfWord(String(value)) !== undefined)) return 'word'
  if (most(value => levelOfLetter(String(value)) !== undefined)) return 'letter'
  if (!most(value => /^\d{1,2}$/.test(String(value)))) return undefined
  if (keyOf(column.path) === 'severitynumber')
    return most(value => levelOfNumber(Number(value), true) !== undefined) ? 'otel' : undefined
  return most(value => levelOfNumber(Number(value), false) !== undefined) ? 'syslog' : undefined
}

const findLevel = (columns: Column[], all: number): RecordLayout['level'] => {
  const often = columns.filter(({ values }) => values.length >= 0.5 * all)
  for (const column of byKey(often, KEYS.level)) {
    const scale = scaleOf(column)
    if (scale !== undefined) return { path: column.path, scale }
  }
  return undefined
}

const distinct = (values: readonly unknown[]): number => new Set(values).size

const words = (column: Column): number =>
  column.values.reduce<number>((sum, value) => sum + String(value).split(/\s+/).length, 0) /
  column.values.length

/** A text that never changes (but for numbers) says nothing where others do. */
const flat = (column: Column): boolean =>
  column.values.length >= 20 &&
  distinct(column.values.map(value => String(value).replace(/\d+/g, '0'))) === 1

const findMessage = (columns: Column[], all: number): FieldPath | undefined => {
  const texts = columns.filter(
    column =>
      column.values.length >= NEARLY_ALL * all &&
      shareOf(column, value => typeof value === 'string') === 1,
  )
  const named = byKey(texts, KEYS.message)
  const message =
    named.find(column => !flat(column)) ?? (columns.length <= 4 ? named[0] : undefined)
  if (message !== undefined) return message.path
  const weak = byKey(texts, KEYS.text).find(column => words(column) >= 2 && !flat(column))
  if (weak !== undefined) return weak.path
  return texts
    .filter(column => words(column) >= 3 && !flat(column))
    .sort((a, b) => words(b) - words(a))[0]?.path
}

const findRoles = (columns: Column[]): RecordLayout['roles'] =>
  (['component', 'process', 'thread'] as const).flatMap(role => {
    const column = byKey(columns, KEYS[role])[0]
    return column === undefined ? [] : [{ path: column.path, role }]
  })

const findCategories = (columns: Column[]): FieldPath[] =>
  columns
    .filter(column => rankIn(column.path, KEYS.category) >= 0)
    .filter(column => shareOf(column, value => /^\d{1,2}$/.test(String(value))) === 1)
    .filter(column => distinct(column.values) <= Math.min(16, column.values.length / 3))
    .map(({ path }) => path)

const layoutOf = (
  kind: 'json' | 'logfmt',
  records: LogRecord[],
  zone: ZoneOffset,
): Omit<RecordLayout, 'share'> => {
  const columns = columnsOf(records)
  const time = findTime(columns, records.length, zone)
  const level = findLevel(columns, records.length)
  const message = findMessage(columns, records.length)
  return {
    kind,
    ...(time === undefined ? {} : { time }),
    ...(level === undefined ? {} : { level }),
    ...(message === undefined ? {} : { message }),
    roles: findRoles(columns),
    categories: message === undefined ? findCategories(columns) : [],
  }
}

/**
 * Learns JSON or logfmt lines when at least `REST` of the lines are such records; the keys that
 * hold time, level and message are told by their values first and by their names second.
 */
export const learnRecords = (
  lines: readonly string[],
  zone: ZoneOffset,
  all: number,
): { layout: RecordLayout; lines: number[] } | undefined => {
  for (const [kind, parse] of [
    ['json', parseJson],
    ['logfmt', parseLogfmt],
  ] as const) {
    const parsed = lines.map(line => parse(line, 0))
    const found = parsed.flatMap((record, i) => (record === undefined ? [] : [i]))
    if (found.length < 0.5 * lines.length || found.length === 0) continue
    const layout = layoutOf(
      kind,
      found.map(i => parsed[i]!),
      zone,
    )
    // Pairs of which none is a time, level or message are a message themselves.
    const telling = layout.time ?? layout.level ?? layout.message
    if (kind === 'logfmt' && telling === undefined) continue
    return { layout: { ...layout, share: found.length / all }, lines: found }
  }
  return undefined
}
