import { abbreviationOffset } from './time-zone.ts'
import { monthAt, weekdayAt, wordEnd } from './timestamp.ts'

/** A pattern that fits the text from some position on, and where it ends. */
interface Guess {
  pattern: string
  end: number
}

interface Digits {
  size: number
  value: number
  end: number
}

const digitsAt = (line: string, from: number): Digits => {
  let end = from
  let value = 0
  while (end - from < 20) {
    const digit = line.charCodeAt(end) - 48
    if (!(digit >= 0 && digit <= 9)) break
    value = value * 10 + digit
    end += 1
  }
  return { size: end - from, value, end }
}

const short = (n: Digits): boolean => n.size === 1 || n.size === 2
const isMonth = (n: Digits): boolean => short(n) && n.value >= 1 && n.value <= 12
const isDay = (n: Digits): boolean => short(n) && n.value >= 1 && n.value <= 31
const isYear = (n: Digits): boolean => n.size === 4 && n.value >= 1970 && n.value <= 2199

/** Characters between parts, as a pattern: blanks become one, letters are quoted. */
const quote = (text: string): string =>
  text.replace(/[A-Za-z]+/g, letters => `'${letters}'`).replace(/[ \t]+/g, ' ')

const blanksEnd = (line: string, from: number): number => {
  let at = from
  while (line[at] === ' ') at += 1
  return at
}

/** Separator inside a date: one of `- / . : _` or a run of blanks. */
const dateSeparator = (line: string, from: number): { text: string; end: number } | undefined => {
  const char = line[from]
  if (char === ' ') return { text: ' ', end: blanksEnd(line, from) }
  if (char !== undefined && '-/._:'.includes(char)) return { text: char, end: from + 1 }
  return undefined
}

const compactDates = (n: Digits, line: string, from: number): Guess[] => {
  const two = (at: number): number => Number(line.slice(from + at, from + at + 2))
  const month = (at: number): boolean => two(at) >= 1 && two(at) <= 12
  const day = (at: number): boolean => two(at) >= 1 && two(at) <= 31
  const clock = (at: number): boolean => two(at) < 24 && two(at + 2) < 60
  const year = Number(line.slice(from, from + 4))
  const full = year >= 1970 && year < 2200 && month(4) && day(6)
  const patterns: string[] = []
  if (n.size === 4 && month(0) && day(2)) patterns.push('MMdd')
  if (n.size === 6 && month(2) && day(4)) patterns.push('yyMMdd')
  if (n.size === 6 && month(2) && day(0)) patterns.push('ddMMyy')
  if (n.size === 8 && full) patterns.push('yyyyMMdd')
  if (n.size === 8 && !full && month(2) && day(0)) patterns.push('ddMMyyyy')
  if (n.size === 12 && full && clock(8)) patterns.push('yyyyMMddHHmm')
  if (n.size === 12 && month(2) && day(4) && clock(6)) patterns.push('yyMMddHHmmss')
  if (n.size === 14 && full && clock(8)) patterns.push('yyyyMMddHHmmss')
  if (n.size === 17 && full && clock(8)) patterns.push('yyyyMMddHHmmssSSS')
  return patterns.map(pattern => ({ pattern, end: n.end }))
}

/** Dates of three numbers, or of two (no year), whose first number is `a`. */
const numericDates = (a: Digits, line: string): Guess[] => {
  const first = dateSeparator(line, a.end)
  if (first === undefined) return []
  const b = digitsAt(line, first.end)
  if (!short(b)) return []
  const s = first.text
  const out: Guess[] = []
  const second = dateSeparator(line, b.end)
  const c = second?.text === s ? digitsAt(line, second.end) : undefined
  const add = (ok: boolean, pattern: string, end: number): void => {
    if (ok) out.push({ pattern, end })
  }
  if (c !== undefined && short(c) && isYear(a)) {
    add(isMonth(b) && isDay(c), `yyyy${s}MM${s}dd`, c.end)
    add(!isMonth(b) && isDay(b) && isMonth(c), `yyyy${s}dd${s}MM`, c.end)
  } else if (c !== undefined && short(a) && isYear(c)) {
    // A slash is American more often than not; points and dashes are not.
    const orders: [boolean, string][] = [
      [isMonth(a) && isDay(b), `MM${s}dd${s}yyyy`],
      [isDay(a) && isMonth(b), `dd${s}MM${s}yyyy`],
    ]
    for (const [ok, pattern] of s === '/' ? orders : orders.reverse()) add(ok, pattern, c.end)
  } else if (c !== undefined && a.size === 2 && b.size === 2 && c.size === 2 && s !== ':') {
    add(isMonth(b) && isDay(c), `yy${s}MM${s}dd`, c.end)
    add(isDay(a) && isMonth(b), `dd${s}MM${s}yy`, c.end)
    add(isMonth(a) && isDay(b), `MM${s}dd${s}yy`, c.end)
  }
  if (s !== ':' && s !== ' ') {
    add(isMonth(a) && isDay(b), `MM${s}dd`, b.end)
    add(isDay(a) && isMonth(b), `dd${s}MM`, b.end)
  }
  return out
}

/** `MMM d`, `d MMM`, with or without a year on either side. */
const namedDates = (line: string, from: number): Guess[] => {
  const out: Guess[] = []
  const yearAfter = (pattern: string, end: number, same: string): void => {
    out.push({ pattern, end })
    const comma = line[end] === ',' ? 1 : 0
    const gap = dateSeparator(line, end + comma)
    if (gap === undefined || (gap.text !== same && gap.text !== ' ')) return
    const year = digitsAt(line, gap.end)
    const mark = `${comma ? ',' : ''}${gap.text}`
    if (isYear(year)) out.push({ pattern: `${pattern}${mark}yyyy`, end: year.end })
    else if (year.size === 2 && gap.text !== ' ')
      out.push({ pattern: `${pattern}${mark}yy`, end: year.end })
  }
  if (monthAt(line, from) > 0) {
    const gap = dateSeparator(line, wordEnd(line, from))
    const day = gap && digitsAt(line, gap.end)
    if (gap && day && isDay(day)) yearAfter(`MMM${gap.text}dd`, day.end, gap.text)
    return out
  }
  const a = digitsAt(line, from)
  const gap = dateSeparator(line, a.end)
  if (gap === undefined || monthAt(line, gap.end) === 0) return out
  const after = wordEnd(line, gap.end)
  if (isDay(a)) yearAfter(`dd${gap.text}MMM`, after, gap.text)
  const second = dateSeparator(line, after)
  const day = second && digitsAt(line, second.end)
  if (isYear(a) && second && day && isDay(day))
    out.push({ pattern: `yyyy${gap.text}MMM${second.text}dd`, end: day.end })
  return out
}

const dates = (line: string, from: number): Guess[] => {
  if (weekdayAt(line, from)) {
    const word = wordEnd(line, from)
    const gap = /^[,.]? +|^[-/]/.exec(line.slice(word, word + 4))?.[0]
    if (gap === undefined) return []
    return dates(line, word + gap.length).map(({ pattern, end }) => ({
      pattern: `EEE${quote(gap)}${pattern}`,
      end,
    }))
  }
  const named = namedDates(line, from)
  if (named.length > 0) return named
  const first = digitsAt(line, from)
  return first.size === 0 ? [] : [...numericDates(first, line), ...compactDates(first, line, from)]
}

/** Appends AM/PM and a zone where they stand. */
const clockTail = (guess: Guess, line: string): Guess => {
  let { pattern, end } = guess
  const half = /^( *)[AaPp][Mm]\b/.exec(line.slice(end, end + 5))
  if (half !== null) {
    pattern += `${half[1] === '' ? '' : ' '}a`
    end += half[0].length
  }
  const zone = /^( *)(?:[+-]\d\d:?(?:\d\d)?(?![\d:])|([A-Z]{1,5})\b)/.exec(
    line.slice(end, end + 10),
  )
  if (zone === null) return { pattern, end }
  if (zone[2] !== undefined && abbreviationOffset(zone[2]) === undefined) return { pattern, end }
  return { pattern: `${pattern}${zone[1] === '' ? '' : ' '}Z`, end: end + zone[0].length }
}

const clocks = (line: string, from: number, dated: boolean): Guess[] => {
  const a = digitsAt(line, from)
  if (dated && (a.size === 6 || a.size === 9)) {
    const [h, m, s] = [0, 2, 4].map(at => Number(line.slice(from + at, from + at + 2)))
    if (h! > 23 || m! > 59 || s! > 60) return []
    const fraction = /^[.,]\d{1,9}(?!\d)/.exec(line.slice(a.end, a.end + 11))
    if (a.size === 9) return [clockTail({ pattern: 'HHmmssSSS', end: a.end }, line)]
    const pattern = fraction === null ? 'HHmmss' : `HHmmss${fraction[0][0]}SSS`
    return [clockTail({ pattern, end: a.end + (fraction?.[0].length ?? 0) }, line)]
  }
  const separator = line[a.end]
  if (!short(a) || a.value > 24 || separator === undefined || !':.-h'.includes(separator)) return []
  const b = digitsAt(line, a.end + 1)
  if (b.size !== 2 || b.value > 59) return []
  const head = `HH${quote(separator)}mm`
  const c = line[b.end] === separator ? digitsAt(line, b.end + 1) : undefined
  if (c === undefined || c.size !== 2 || c.value > 60)
    return dated && separator === ':' ? [clockTail({ pattern: head, end: b.end }, line)] : []
  const fraction = /^[.,:]\d{1,9}(?!\d)/.exec(line.slice(c.end, c.end + 11))
  const pattern = `${head}${separator}ss${fraction === null ? '' : `${fraction[0][0]}SSS`}`
  return [clockTail({ pattern, end: c.end + (fraction?.[0].length ?? 0) }, line)]
}

const JOINT = /^(?:T|[ \t\-_:.,/|;()[\]]{1,5})/

const joined = (line: string, first: Guess, second: (from: number) => Guess[]): Guess[] => {
  const joint = JOINT.exec(line.slice(first.end, first.end + 5))?.[0]
  if (joint === undefined) return []
  return second(first.end + joint.length).map(({ pattern, end }) => ({
    pattern: `${first.pattern}${quote(joint)}${pattern}`,
    end,
  }))
}

const epochs = (line: string, from: number): Guess[] => {
  const n = digitsAt(line, from)
  const letter: Record<number, string> = { 9: 'X', 10: 'X', 13: 'x', 16: 'u', 19: 'n' }
  const pattern = letter[n.size]
  if (pattern === undefined) return []
  const seconds = n.value / 10 ** (n.size <= 10 ? 0 : n.size - 10)
  // 1990 … 2099: earlier and later numbers are ids more often than times.
  if (seconds < 631_152_000 || seconds > 4_102_444_800) return []
  const fraction = n.size <= 10 ? /^\.\d+/.exec(line.slice(n.end, n.end + 12)) : null
  return [{ pattern, end: n.end + (fraction?.[0].length ?? 0) }]
}

/**
 * Every pattern that reads a plausible time at `from`, the fullest first: a date (numbers in any
 * usual order, month names, compact) joined with a time of day, either alone, or an epoch number.
 */
export const guessTimes = (line: string, from: number): string[] => {
  const code = line.charCodeAt(from) | 32
  const digit = code >= 48 && code <= 57
  if (!digit && monthAt(line, from) === 0 && !weekdayAt(line, from)) return []
  const out: Guess[] = []
  for (const date of dates(line, from)) {
    for (const both of joined(line, date, at => clocks(line, at, true))) {
      // Only the `ctime` form has its year at the end: after plain numbers it would be a pid.
      const year =
        date.pattern.includes('yy') || !date.pattern.includes('MMM')
          ? null
          : /^ (\d{4})(?!\d)/.exec(line.slice(both.end, both.end + 6))
      if (year !== null) out.push({ pattern: `${both.pattern} yyyy`, end: both.end + 5 })
      out.push(both)
    }
    if (date.pattern.includes('HH')) {
      out.push(clockTail(date, line))
      const fraction = /^[.,]\d{1,9}(?!\d)/.exec(line.slice(date.end, date.end + 11))?.[0]
      if (fraction !== undefined && !date.pattern.includes('S'))
        out.push({ pattern: `${date.pattern}${fraction[0]}SSS`, end: date.end + fraction.length })
    }
    if (date.pattern.includes('yy')) out.push(date)
  }
  for (const clock of clocks(line, from, false)) {
    out.push(...joined(line, clock, at => dates(line, at)), clock)
  }
  if (digit) {
    out.push(...epochs(line, from))
    if (/^\d+\.\d+s?(?![\w.])/.test(line.slice(from, from + 24)))
      out.push({ pattern: 'R', end: from })
  }
  return [...new Set(out.map(guess => guess.pattern))]
}
