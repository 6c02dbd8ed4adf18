import {
  DAY,
  HOUR,
  MINUTE,
  MONTH,
  SECOND,
  type TimeOp,
  timeOps,
  timeScope,
  YEAR,
} from './time-pattern.ts'
import { abbreviationOffset, type ZoneOffset } from './time-zone.ts'

const DAY_MS = 86_400_000
const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122

/** Days from 1970-01-01 to a date of the Gregorian calendar (month 1 … 12; overflow rolls on). */
export const epochDay = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const ofEra = y - era * 400
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return (
    era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
  )
}

const pack = (name: string): number =>
  ((name.charCodeAt(0) | 32) << 16) | ((name.charCodeAt(1) | 32) << 8) | (name.charCodeAt(2) | 32)

const MONTHS = new Map(
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map(
    (name, i) => [pack(name), i + 1] as const,
  ),
)
const WEEKDAYS = new Set(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map(pack))

const three = (line: string, at: number): number =>
  ((line.charCodeAt(at) | 32) << 16) |
  ((line.charCodeAt(at + 1) | 32) << 8) |
  (line.charCodeAt(at + 2) | 32)

const lettersEnd = (line: string, from: number): number => {
  let at = from
  while (isLetter(line.charCodeAt(at))) at += 1
  return at
}

/** 1 … 12 when a month's name (three letters or more) stands at `at`, else 0. */
export const monthAt = (line: string, at: number): number => MONTHS.get(three(line, at)) ?? 0
/** Whether a weekday's name (three letters or more) stands at `at`. */
export const weekdayAt = (line: string, at: number): boolean => WEEKDAYS.has(three(line, at))
/** End of the run of letters that starts at `from`. */
export const wordEnd = lettersEnd

/**
 * Reads times of one pattern (see time-pattern.ts) by character codes, without `Date`.
 * `read` returns the position after the time, or -1 where none stands; `at` is then the moment in
 * epoch ms and `dated` false for patterns that only count from an unknown start.
 */
export interface TimeReader {
  read(line: string, from: number, arrived: number): number
  at: number
  dated: boolean
}

class PatternReader implements TimeReader {
  at = 0
  dated = true
  private readonly ops: TimeOp[]
  private readonly scope: ReturnType<typeof timeScope>
  private readonly values = [0, 1, 1, 0, 0, 0]
  private readonly zone: ZoneOffset
  private readonly twoDigitYear: boolean
  private millis = 0
  private half = 0
  private offset = Number.NaN
  private dateKey = -1
  private dateDay = 0
  private arrivedDay = Number.NaN
  private arrivedYear = 1970

  constructor(pattern: string, zone: ZoneOffset) {
    this.ops = timeOps(pattern)
    this.scope = timeScope(pattern)
    this.zone = zone
    this.dated = this.scope !== 'relative'
    this.twoDigitYear = /(^|[^y])yy([^y]|$)/.test(pattern)
  }

  read(line: string, from: number, arrived: number): number {
    this.millis = 0
    this.half = 0
    this.offset = Number.NaN
    const ops = this.ops
    let at = from
    for (let i = 0; i < ops.length; i += 1) {
      at = this.step(ops[i]!, line, at)
      if (at < 0) return -1
    }
    const next = line.charCodeAt(at)
    if (isDigit(next) || isLetter(next)) return -1
    if (ops[0]!.kind === 'epoch') return at
    if (this.scope === 'relative') {
      this.at = arrived
      return at
    }
    return this.resolve(arrived) ? at : -1
  }

  private step(op: TimeOp, line: string, from: number): number {
    let at = from
    const code = line.charCodeAt(at)
    switch (op.kind) {
      case 'number': {
        let value = 0
        const last = from + op.max
        while (at < last) {
          const digit = line.charCodeAt(at) - 48
          if (!(digit >= 0 && digit <= 9)) break
          value = value * 10 + digit
          at += 1
        }
        if (at - from < op.min) return -1
        this.values[op.role] = value
        return at
      }
      case 'literal':
        return code === op.code ? at + 1 : -1
      case 'blank':
        if (code !== 32 && code !== 9) return -1
        do at += 1
        while (line.charCodeAt(at) === 32)
        return at
      case 'fraction':
        return this.fraction(op.code, line, at)
      case 'month': {
        const month = monthAt(line, at)
        if (month === 0) return -1
        this.values[MONTH] = month
        return lettersEnd(line, at)
      }
      case 'weekday':
        return weekdayAt(line, at) ? lettersEnd(line, at) : -1
      case 'half': {
        const letter = code | 32
        if ((letter !== 97 && letter !== 112) || (line.charCodeAt(at + 1) | 32) !== 109) return -1
        this.half = letter === 97 ? 1 : 2
        return at + 2
      }
      case 'zone':
        return this.zoneAt(line, at)
      case 'epoch':
        return this.epoch(op.digits, line, at)
      case 'relative': {
        while (isDigit(line.charCodeAt(at))) at += 1
        if (at === from || line.charCodeAt(at) !== 46) return -1
        const dot = at
        do at += 1
        while (isDigit(line.charCodeAt(at)))
        if (at === dot + 1) return -1
        // `0.123s` of the JVM
        return line.charCodeAt(at) === 115 ? at + 1 : at
      }
    }
  }

  private fraction(separator: number, line: string, from: number): number {
    let at = from
    if (separator !== 0) {
      if (line.charCodeAt(at) !== separator || !isDigit(line.charCodeAt(at + 1))) return from
      at += 1
    }
    let value = 0
    let scale = 1000
    let digit = line.charCodeAt(at) - 48
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit
      scale /= 10
      at += 1
      digit = line.charCodeAt(at) - 48
    }
    this.millis = Math.floor(value * scale + 1e-9)
    return at
  }

  private zoneAt(line: string, from: number): number {
    const code = line.charCodeAt(from)
    if (code === 43 || code === 45) {
      let at = from + 1
      const digits: number[] = []
      while (digits.length < 4) {
        const next = line.charCodeAt(at)
        if (isDigit(next)) digits.push(next - 48)
        else if (next !== 58 || digits.length !== 2) break
        at += 1
      }
      if (digits.length < 2 || digits.length === 3) return -1
      const minutes = (digits[0]! * 10 + digits[1]!) * 60 + (digits[2] ?? 0) * 10 + (digits[3] ?? 0)
      this.offset = minutes * (code === 45 ? -60_000 : 60_000)
      return at
    }
    const end = lettersEnd(line, from)
    if (end === from || end - from > 5) return -1
    const offset = end === from + 1 && code === 90 ? 0 : abbreviationOffset(line.slice(from, end))
    if (offset === undefined) return -1
    this.offset = offset
    return end
  }

  private epoch(digits: number, line: string, from: number): number {
    let at = from
    let value = 0
    const last = from + digits
    // Beyond ms the last digits are not needed; they would not fit a double exactly.
    while (at < last) {
      const digit = line.charCodeAt(at) - 48
      if (!(digit >= 0 && digit <= 9)) break
      if (at - from < 16) value = value * 10 + digit
      at += 1
    }
    if (at - from < digits - 1) return -1
    if (digits === 10) {
      const end = this.fraction(46, line, at)
      this.at = value * 1000 + this.millis
      return end
    }
    this.at = digits === 13 ? value : Math.floor(value / 1000)
    return at
  }

  private dayOf(year: number, month: number, day: number): number {
    const key = (year * 16 + month) * 32 + day
    if (key !== this.dateKey) {
      this.dateKey = key
      this.dateDay = epochDay(year, month, day)
    }
    return this.dateDay
  }

  private resolve(arrived: number): boolean {
    const v = this.values
    const month = v[MONTH]!
    const day = v[DAY]!
    let hour = v[HOUR]!
    if (month < 1 || month > 12 || day < 1 || day > 31) return false
    if (hour > 24 || v[MINUTE]! > 59 || v[SECOND]! > 60) return false
    if (this.half !== 0) {
      if (hour > 12 || hour === 0) return false
      hour = (hour % 12) + (this.half === 2 ? 12 : 0)
    }
    const clock = ((hour * 60 + v[MINUTE]!) * 60 + v[SECOND]!) * 1000 + this.millis
    if (this.scope === 'clock') {
      const local = Math.floor(arrived / DAY_MS) * DAY_MS + clock
      const at = this.toUtc(local)
      // The day is the one that puts the time nearest to its arrival.
      this.at = at - Math.round((at - arrived) / DAY_MS) * DAY_MS
      return true
    }
    let year = v[YEAR]!
    if (this.twoDigitYear) year += year < 70 ? 2000 : 1900
    else if (this.scope === 'no year') year = this.yearOf(arrived)
    else if (year < 1970 || year > 2200) return false
    this.at = this.toUtc(this.dayOf(year, month, day) * DAY_MS + clock)
    if (this.scope === 'no year' && this.at > arrived + DAY_MS)
      this.at = this.toUtc(epochDay(year - 1, month, day) * DAY_MS + clock)
    return true
  }

  private toUtc(local: number): number {
    return local - (Number.isNaN(this.offset) ? this.zone(local) : this.offset)
  }

  private yearOf(arrived: number): number {
    const day = Math.floor(arrived / DAY_MS)
    if (day !== this.arrivedDay) {
      this.arrivedDay = day
      this.arrivedYear = new Date(arrived).getUTCFullYear()
    }
    return this.arrivedYear
  }
}

/** A reader for `pattern`; times without a zone of their own are in `zone`. */
export const createTimeReader = (pattern: string, zone: ZoneOffset): TimeReader =>
  new PatternReader(pattern, zone)
