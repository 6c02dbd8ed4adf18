import { guessTimes } from './time-guess.ts'
import { timeScope } from './time-pattern.ts'
import type { ZoneOffset } from './time-zone.ts'
import { createTimeReader } from './timestamp.ts'

/** Where in a line a time starts: behind the `nth` `sub` of the `index`th column (`sub` may be ''). */
export interface Place {
  split: string
  index: number
  sub: string
  nth: number
}

/** A time that many lines hold at the same place. */
export interface FoundTime {
  place: Place
  pattern: string
  /** Indices of the lines that hold it. */
  lines: number[]
  /** How much it tells, 5 (epoch, or with zone) … 1. */
  rank: number
}

const SUBS = '[(<"\'=:|,;{#@>/'
const COLUMNS = 12
const PREFIX = 240
const PROBES = 48
const DELIMITERS = ['|', '\t', ';', ',']

const columnStarts = (line: string, split: string): number[] => {
  const out: number[] = []
  const end = Math.min(line.length, PREFIX)
  let at = 0
  while (at < end && out.length < COLUMNS) {
    while (line[at] === ' ' || (split === ' ' && line[at] === '\t')) at += 1
    if (at >= end) break
    out.push(at)
    while (at < end && (split === ' ' ? line.charCodeAt(at) > 32 : line[at] !== split)) at += 1
    if (split !== ' ') at += 1
  }
  return out
}

const skipBlanks = (line: string, from: number): number => {
  let at = from
  while (line[at] === ' ') at += 1
  return at
}

/** Position of a place in a line, or -1. */
export const placeIn = (
  line: string,
  place: Place,
  starts = columnStarts(line, place.split),
): number => {
  const start = starts[place.index]
  if (start === undefined) return -1
  if (place.sub === '') return start
  if (place.sub === 'letter') return /[A-Z]\d/.test(line.slice(start, start + 2)) ? start + 1 : -1
  let at = start - 1
  for (let n = 0; n <= place.nth; n += 1) {
    at = line.indexOf(place.sub, at + 1)
    if (at < 0 || at > PREFIX) return -1
  }
  const next = starts[place.index + 1]
  return next === undefined || at < next ? skipBlanks(line, at + 1) : -1
}

const placesOf = (line: string, split: string): { place: Place; at: number }[] => {
  const starts = columnStarts(line, split)
  return starts.flatMap((start, index) => {
    const out = [{ place: { split, index, sub: '', nth: 0 }, at: start }]
    if (/[A-Z]\d{4}/.test(line.slice(start, start + 5)))
      out.push({ place: { split, index, sub: 'letter', nth: 0 }, at: start + 1 })
    const seen = new Map<string, number>()
    const end = Math.min(starts[index + 1] ?? PREFIX, line.length, start + 80)
    for (let at = start; at < end; at += 1) {
      const sub = line[at]!
      if (!SUBS.includes(sub)) continue
      const nth = seen.get(sub) ?? 0
      seen.set(sub, nth + 1)
      out.push({ place: { split, index, sub, nth }, at: skipBlanks(line, at + 1) })
    }
    return out
  })
}

const RANK = { full: 4, 'no year': 3, clock: 2, date: 1, relative: 1 } as const

/** How much a pattern tells: 5 is a moment in UTC, 1 a mere date or a count of seconds. */
export const timeRank = (pattern: string): number => {
  const scope = timeScope(pattern)
  return scope === 'full' && /[XxunZ]/.test(pattern) ? 5 : RANK[scope]
}

export interface TimeFit {
  lines: number[]
  ends: number[]
  /** Sum of the characters read. */
  length: number
  /** Share of steps from line to line that go back in time. */
  backward: number
  /** Sum of all steps, in ms: the right order of day and month makes the smallest. */
  variation: number
  /** Latest minus earliest, in ms. */
  span: number
}

/** How well `pattern` reads the lines at their positions (-1: none). */
export const fitTime = (
  lines: readonly string[],
  positions: readonly number[],
  pattern: string,
  zone: ZoneOffset,
): TimeFit => {
  const reader = createTimeReader(pattern, zone)
  const fit: TimeFit = { lines: [], ends: [], length: 0, backward: 0, variation: 0, span: 0 }
  const relative = timeScope(pattern) === 'relative'
  let last = Number.NaN
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  // A fixed arrival far from any year's edge keeps learning the same whenever it is done.
  const arrived = Date.UTC(2000, 11, 31)
  lines.forEach((line, i) => {
    const at = positions[i]!
    const end = at < 0 ? -1 : reader.read(line, at, arrived)
    if (end < 0) return
    fit.lines.push(i)
    fit.ends.push(end)
    fit.length += end - at
    const value = relative ? Number.parseFloat(line.slice(at, end)) * 1000 : reader.at
    low = Math.min(low, value)
    high = Math.max(high, value)
    if (value < last) fit.backward += 1
    if (!Number.isNaN(last)) fit.variation += Math.abs(value - last)
    last = value
  })
  fit.backward /= Math.max(1, fit.lines.length - 1)
  fit.span = high - low
  return fit
}

const YEAR_MS = 365 * 86_400_000

/** Whether numbers that could be anything behave as times do. */
const plausible = (pattern: string, fit: TimeFit): boolean => {
  if (/^[Xxun]$/.test(pattern)) return fit.span < 10 * YEAR_MS
  if (pattern === 'R') return fit.backward < 0.1 && fit.span > 0
  if (/^\w+$/.test(pattern)) return fit.span < 10 * YEAR_MS && fit.backward < 0.3
  return true
}

/** The best of several patterns for the same positions: most lines, most text, smallest steps. */
export const bestPattern = (
  lines: readonly string[],
  positions: readonly number[],
  patterns: Iterable<string>,
  zone: ZoneOffset,
): { pattern: string; fit: TimeFit } | undefined => {
  const fits = [...patterns].map(pattern => ({
    pattern,
    fit: fitTime(lines, positions, pattern, zone),
  }))
  const most = Math.max(0, ...fits.map(({ fit }) => fit.lines.length))
  const length = ({ fit }: { fit: TimeFit }): number => Math.round(fit.length / fit.lines.length)
  return fits
    .filter(({ pattern, fit }) => fit.lines.length > 0 && plausible(pattern, fit))
    .filter(({ fit }) => fit.lines.length >= 0.95 * most)
    .sort((a, b) => length(b) - length(a) || a.fit.variation - b.fit.variation)[0]
}

const candidates = (
  lines: readonly string[],
  split: string,
): Map<string, { place: Place; patterns: Set<string> }> => {
  const found = new Map<string, { place: Place; patterns: Set<string>; hits: number }>()
  const step = Math.max(1, lines.length / PROBES)
  let probes = 0
  for (let i = 0; i < lines.length; i += step) {
    const line = lines[Math.floor(i)]!
    probes += 1
    for (const { place, at } of placesOf(line, split)) {
      const patterns = guessTimes(line, at)
      if (patterns.length === 0) continue
      const key = `${place.index} ${place.sub} ${place.nth}`
      const entry = found.get(key) ?? { place, patterns: new Set(), hits: 0 }
      for (const pattern of patterns) entry.patterns.add(pattern)
      entry.hits += 1
      found.set(key, entry)
    }
  }
  for (const [key, entry] of found) if (entry.hits < 0.1 * probes) found.delete(key)
  return found
}

const findSplit = (lines: readonly string[], split: string, zone: ZoneOffset): FoundTime[] => {
  const starts = lines.map(line => columnStarts(line, split))
  return [...candidates(lines, split).values()].flatMap(({ place, patterns }) => {
    const positions = lines.map((line, i) => placeIn(line, place, starts[i]))
    const best = bestPattern(lines, positions, patterns, zone)
    if (best === undefined) return []
    const { pattern, fit } = best
    return [{ place, pattern, lines: fit.lines, rank: timeRank(pattern) }]
  })
}

/**
 * The time that most lines hold at one place: the first one in the line among those that as good
 * as many lines hold and that tell at least a time of day; else a date or a running clock.
 */
export const findTime = (lines: readonly string[], zone: ZoneOffset): FoundTime | undefined => {
  let found = findSplit(lines, ' ', zone)
  const share = (times: FoundTime[]): number =>
    Math.max(0, ...times.filter(time => time.rank > 1).map(time => time.lines.length)) /
    lines.length
  for (const split of DELIMITERS) {
    if (share(found) >= 0.9) break
    if (lines.filter(line => line.includes(split)).length < 0.2 * lines.length) continue
    const other = findSplit(lines, split, zone)
    if (share(other) > share(found) + 0.05) found = other
  }
  const clocks = found.filter(time => time.rank > 1)
  const rest = found.filter(
    time => time.rank === 1 && time.place.index === 0 && time.lines.length >= 0.5 * lines.length,
  )
  const from = clocks.length > 0 ? clocks : rest
  const most = Math.max(0, ...from.map(time => time.lines.length))
  return from
    .filter(time => time.lines.length >= 0.9 * most)
    .sort((a, b) => a.place.index - b.place.index || b.rank - a.rank)[0]
}
