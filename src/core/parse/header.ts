import type {
  HeaderItem,
  HeaderLayout,
  HeaderOptions,
  HeaderPlan,
  PlainLayout,
} from './header-plan.ts'
import { type FoundTime, findTime, placeIn, timeRank } from './header-time.ts'
import { walkHeader } from './header-walk.ts'
import { levelOfLetter, levelOfWord } from './level.ts'
import { learnStructured } from './structured-learn.ts'
import { type ZoneOffset, zoneOffset } from './time-zone.ts'
import { createTimeReader } from './timestamp.ts'

/** Lines that are looked at; more add time, not knowledge. */
const LINES_MAX = 1_000
const LINE_MAX = 1_000
const LAYOUTS_MAX = 4
/** Lines of a second layout must be worth a plan of their own. */
const REST_MIN = 0.05

/** One column before the time, from the text all lines have there. */
const leadItem = (values: readonly string[]): HeaderItem[] => {
  const most = (test: (value: string) => boolean): boolean =>
    values.filter(test).length >= 0.9 * values.length
  if (most(value => /^<\d{1,3}>$/.test(value))) return [{ kind: 'priority' }]
  if (most(value => /^<\d{1,3}>1$/.test(value)))
    return [{ kind: 'priority' }, { kind: 'text', text: '1' }]
  const core = (value: string): string => value.replace(/^[[(<]|[\])>:,;]+$/g, '')
  if (most(value => levelOfWord(core(value)) !== undefined)) {
    const open = /^[[(<]/.exec(values[0]!)?.[0] ?? ''
    if (most(value => value.startsWith(open)))
      return [
        ...(open ? [{ kind: 'text', text: open } as const] : []),
        { kind: 'level' },
        ...closing(values),
      ]
  }
  if (most(value => value.length <= 2 && levelOfLetter(value[0]!) !== undefined))
    return [{ kind: 'letter' }, ...closing(values)]
  if (most(value => /^\d+$/.test(value))) return [{ kind: 'word', role: 'number' }]
  return [{ kind: 'word', role: 'lead' }]
}

const closing = (values: readonly string[]): HeaderItem[] => {
  const end = /[\])>:,;]+$/.exec(values[0]!)?.[0] ?? ''
  return end !== '' && values.every(value => value.endsWith(end))
    ? [{ kind: 'text', text: end }]
    : []
}

/** Items that lead from the start of the line to the time. */
const leadItems = (
  lines: readonly string[],
  found: FoundTime,
): { items: HeaderItem[]; inBracket: boolean } => {
  const { split, index, sub, nth } = found.place
  const items: HeaderItem[] = []
  const columns = lines.map(line =>
    split === ' ' ? line.trimStart().split(/\s+/, index + 1) : line.split(split, index + 1),
  )
  for (let k = 0; k < index; k += 1) {
    if (split === ' ') items.push(...leadItem(columns.map(column => column[k]!)))
    else items.push({ kind: 'until', stop: split, role: 'lead' }, { kind: 'text', text: split })
  }
  if (sub === '') return { items, inBracket: false }
  if (sub === 'letter') return { items: [...items, { kind: 'letter' }], inBracket: false }
  const lead = columns.map(column => prefixOf(column[index]!, sub, nth))
  if (lead.every(text => text === lead[0])) items.push({ kind: 'text', text: lead[0]! })
  else if (lead.every(text => /^<\d{1,3}>$/.test(text))) items.push({ kind: 'priority' })
  else
    for (let n = 0; n <= nth; n += 1)
      items.push({ kind: 'until', stop: sub, role: 'lead' }, { kind: 'text', text: sub })
  return { items, inBracket: '[(<{'.includes(sub) }
}

const prefixOf = (column: string, sub: string, nth: number): string => {
  let at = -1
  for (let n = 0; n <= nth; n += 1) at = column.indexOf(sub, at + 1)
  return column.slice(0, at + 1)
}

/** The time that tells most becomes the line's own. */
const choosePrimary = (items: HeaderItem[]): void => {
  const times = items.filter(item => item.kind === 'time')
  const best = times.toSorted((a, b) => timeRank(b.pattern) - timeRank(a.pattern))[0]
  if (best !== undefined) best.primary = true
}

/** Gives every column a name of its own: thread after process, `host` before the tag, … */
const nameColumns = (items: HeaderItem[]): void => {
  const used = new Set<string>()
  const tag = items.findIndex(item => item.kind === 'tag')
  if (tag >= 0) for (const role of ['component']) used.add(role)
  items.forEach((item, i) => {
    if (!('role' in item)) return
    let role = item.role
    if (role === 'word' || role === 'lead') role = i === tag - 1 ? 'host' : 'column'
    if (role === 'process' && used.has(role)) role = 'thread'
    if (role === 'thread' && used.has(role)) role = 'context'
    if (role === 'component' && used.has(role)) role = tag >= 0 ? 'column' : 'name'
    const base = role
    for (let n = 2; used.has(role); n += 1) role = `${base}${n}`
    used.add(role)
    item.role = role
  })
}

const learnPlain = (
  lines: readonly string[],
  zone: ZoneOffset,
  all: number,
): { layout: PlainLayout; lines: number[] } | undefined => {
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
  items.push(...walkHeader(support, ends, lead.inBracket, zone))
  choosePrimary(items)
  nameColumns(items)
  const layout: PlainLayout = { kind: 'plain', items, must, share: support.length / all }
  return { layout, lines: found.lines }
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
 * from 2 lines on, well from about 30; at most 1,000 are looked at. Up to four layouts are found,
 * the commonest first. Lines that hold no time anywhere give a plan that takes all as message.
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
  const layouts: HeaderLayout[] = []
  let rest = sample(lines)
  const all = rest.length
  while (rest.length >= Math.max(2, REST_MIN * all) && layouts.length < LAYOUTS_MAX) {
    const learned = learnStructured(rest, zone, all) ?? learnPlain(rest, zone, all)
    if (learned === undefined) break
    layouts.push(learned.layout)
    const taken = new Set(learned.lines)
    rest = rest.filter((_, i) => !taken.has(i))
  }
  return { kind: 'header/1', timeZone, layouts }
}
