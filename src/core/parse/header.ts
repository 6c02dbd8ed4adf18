import { groupByForm } from './header-forms.ts'
import { leadItems } from './header-lead.ts'
import { choosePrimary, nameColumns } from './header-names.ts'
import { pinnedLayouts } from './header-pattern.ts'
import type { HeaderItem, HeaderLayout, HeaderOptions, HeaderPlan } from './header-plan.ts'
import { createHeaderFields, createHeaderReader } from './header-reader.ts'
import { findTime, placeIn } from './header-time.ts'
import { walkHeader } from './header-walk.ts'
import { learnRecords } from './structured-learn.ts'
import { type ZoneOffset, zoneOffset } from './time-zone.ts'
import { createTimeReader } from './timestamp.ts'

/** Lines that are looked at; more add time, not knowledge. */
const LINES_MAX = 1_000
const LINE_MAX = 16_000
const LAYOUTS_MAX = 4
/** Layouts of lines that begin differently, which are tried before those that all have in common. */
const FORMS_MAX = 6
/** Lines of a second layout must be worth a plan of their own. */
const REST_MIN = 0.05

/** The rest of an RFC 5424 header: host, program, process, message id, structured data. */
const syslogTail = (): HeaderItem[] => [
  { kind: 'word', role: 'host' },
  { kind: 'word', role: 'component' },
  { kind: 'word', role: 'process' },
  { kind: 'word', role: 'message id' },
  { kind: 'data' },
]

const isSyslog = (items: readonly HeaderItem[]): boolean =>
  items[0]?.kind === 'priority' && items[1]?.kind === 'text' && items[1].text === '1'

interface Learned {
  layout: HeaderLayout
  /** Indices of the lines that have it. */
  lines: number[]
}

const learnTimed = (
  lines: readonly string[],
  zone: ZoneOffset,
  all: number,
): Learned | undefined => {
  const found = findTime(lines, zone)
  const support = found?.lines.map(i => lines[i]!) ?? []
  if (found === undefined || support.length < 2) return undefined
  const lead = leadItems(support, found)
  const start = support.map(line => placeIn(line, found.place))
  const reader = createTimeReader(found.pattern, zone)
  const ends = support.map((line, i) => reader.read(line, start[i]!, 0))
  const items: HeaderItem[] = [
    ...lead.items,
    { kind: 'time', pattern: found.pattern, primary: false },
  ]
  const must = items.length
  if (isSyslog(items)) items.push(...syslogTail())
  else items.push(...walkHeader(support, ends, lead.inBracket, zone).items)
  choosePrimary(items)
  nameColumns(items)
  return { layout: { kind: 'plain', items, must, share: support.length / all }, lines: found.lines }
}

/** A tag's process near the start of a line. */
const PROCESS = /^\S{1,96}\[\d+\]:/

/** Lines without a time but with a level: `WARNING:root:message`, `[info] message`. */
const learnUndated = (
  lines: readonly string[],
  zone: ZoneOffset,
  all: number,
): Learned | undefined => {
  const state = walkHeader(
    lines,
    lines.map(() => 0),
    false,
    zone,
  )
  const { items } = state
  // `Name: value` looks like a tag; a time or level would prove it, and so does a process.
  const tagged = items.some(item => item.kind === 'tag') && lines.length === all
  if (!state.level && !(tagged && lines.filter(line => PROCESS.test(line)).length >= 0.5 * all))
    return undefined
  nameColumns(items)
  const must =
    1 +
    items.findIndex(item => item.kind === 'level' || item.kind === 'letter' || item.kind === 'tag')
  const of = lines.flatMap((_, i) => (state.at[i]! >= 0 ? [i] : []))
  return {
    layout: { kind: 'plain', items, must: Math.max(1, must), share: of.length / all },
    lines: of,
  }
}

const learnPlain = (lines: readonly string[], zone: ZoneOffset, all: number): Learned | undefined =>
  learnTimed(lines, zone, all) ?? learnUndated(lines, zone, all)

/** Messages in which nearly all lines are records or have a time or level of their own. */
const learnInner = (
  layout: HeaderLayout,
  lines: readonly string[],
  zone: ZoneOffset,
  depth: number,
): HeaderLayout[] | undefined => {
  if (depth === 0 || (layout.kind !== 'plain' && layout.message === undefined)) return undefined
  const reader = createHeaderReader({ kind: 'header/1', timeZone: 'UTC', layouts: [layout] })
  const out = createHeaderFields()
  const messages = lines.map(line => {
    const start = reader.read(line, 0, out)
    return out.message ?? line.slice(start)
  })
  // A plain header was followed as far as it goes already.
  const records = learnRecords(messages, zone, messages.length)
  if (layout.kind === 'plain') return records === undefined ? undefined : [records.layout]
  const inner = learnLayouts(messages, zone, depth - 1)
  return inner.length === 0 ? undefined : inner
}

const learnLayouts = (
  lines: readonly string[],
  zone: ZoneOffset,
  depth: number,
): HeaderLayout[] => {
  const layouts: HeaderLayout[] = []
  let rest = lines
  while (rest.length >= Math.max(2, REST_MIN * lines.length) && layouts.length < LAYOUTS_MAX) {
    const learned = learnRecords(rest, zone, lines.length) ?? learnPlain(rest, zone, lines.length)
    if (learned === undefined) break
    const of = new Set(learned.lines)
    const inner = learnInner(
      learned.layout,
      rest.filter((_, i) => of.has(i)),
      zone,
      depth,
    )
    layouts.push(inner === undefined ? learned.layout : { ...learned.layout, inner })
    rest = rest.filter((_, i) => !of.has(i))
  }
  return layouts
}

/** Share of the lines of which the header says who wrote them. */
const namedShare = (layouts: readonly HeaderLayout[], roles: readonly string[]): number =>
  layouts.reduce((sum, layout) => sum + (isNaming(layout, roles) ? layout.share : 0), 0)

const isNaming = (layout: HeaderLayout, roles: readonly string[]): boolean =>
  layout.kind !== 'plain' ||
  layout.inner !== undefined ||
  layout.items.some(item => item.kind === 'tag' || ('role' in item && roles.includes(item.role)))

const WRITER = ['component']
/** In lines that begin alike a word between time and level names who wrote them, too. */
const ALIKE = ['component', 'column']

const itemsOf = (layout: HeaderLayout): string =>
  layout.kind === 'plain' ? JSON.stringify(layout.items) : ''

/** So many more of the lines must say who wrote them for layouts of their own. */
const FORMS_GAIN = 0.3
/** A layout of lines that begin alike needs so many of them, and this share. */
const FORM_LINES = 8
const FORM_SHARE = 0.01

/**
 * Where what all lines have in common does not say who wrote them, those that begin alike may: lines
 * of several programs in one file, or with a column that some lack. Such layouts hold only for lines
 * that have all of their items.
 */
const withForms = (
  common: HeaderLayout[],
  lines: readonly string[],
  zone: ZoneOffset,
): HeaderLayout[] => {
  const known = namedShare(common, WRITER)
  if (known > 1 - FORMS_GAIN) return common
  const seen = new Set(common.map(itemsOf))
  const least = Math.max(FORM_LINES, FORM_SHARE * lines.length)
  const own = groupByForm(lines)
    .slice(0, FORMS_MAX)
    .flatMap((group): HeaderLayout[] => {
      if (group.length < least) return []
      const layout = learnPlain(
        group.map(i => lines[i]!),
        zone,
        lines.length,
      )?.layout
      return layout?.kind === 'plain' && isNaming(layout, ALIKE)
        ? [{ ...layout, must: layout.items.length }]
        : []
    })
  const isNews = own.some(layout => !seen.has(itemsOf(layout)))
  return isNews && namedShare(own, ALIKE) >= known + FORMS_GAIN ? [...own, ...common] : common
}

/** Lines spread over all that came, cut to the length in which a header can lie. */
const sample = (lines: readonly string[]): string[] => {
  const step = Math.max(1, lines.length / LINES_MAX)
  const out: string[] = []
  for (let i = 0; i < lines.length; i += step) {
    const line = lines[Math.floor(i)]!
    if (line.trim() !== '') out.push(line.length > LINE_MAX ? line.slice(0, LINE_MAX) : line)
  }
  return out
}

/**
 * Learns how the lines of one source begin: which columns they share before their message. Works
 * from 2 lines on, well from about 30; at most 1,000 are looked at. Up to ten layouts are found: of
 * lines that begin alike, where only these say who wrote them, then what all have in common. Lines
 * that hold no time anywhere give a plan that takes all as message.
 *
 * ```ts
 * const plan = learnHeader(lines, { timeZone: '+02:00' })   // plain JSON, goes into snapshots
 * const reader = createHeaderReader(plan)
 * const out = createHeaderFields()
 * const start = reader.read(line, Date.now(), out)
 * const message = out.message ?? line.slice(start)
 * ```
 *
 * Throws BAD_CONFIG for an unknown time zone or format.
 */
export const learnHeader = (lines: readonly string[], options: HeaderOptions = {}): HeaderPlan => {
  const timeZone = options.timeZone ?? 'UTC'
  const zone = zoneOffset(timeZone)
  const { format = 'auto' } = options
  const seen = sample(lines)
  const layouts =
    format === 'auto'
      ? withForms(learnLayouts(seen, zone, 2), seen, zone)
      : pinnedLayouts(format, seen, zone)
  return { kind: 'header/1', timeZone, layouts }
}
