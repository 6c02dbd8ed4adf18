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
} from '../core/parse/time-pattern.ts'
import type { ZoneOffset } from '../core/parse/time-zone.ts'

const DAY_MS = 86_400_000
const MONTHS =
  'January February March April May June July August September October November December'.split(' ')
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/** Writes a time of one pattern anew, in the form in which it stood there. */
export interface TimeWriter {
  /**
   * @param text the time as it stands in the line
   * @param at the moment that it means, epoch ms
   * @param by how far it is moved: ms, whole seconds (fractions stay as they are)
   * @returns undefined where it cannot be written
   */
  move(text: string, at: number, by: number): string | undefined
}

/** For patterns of `time-pattern.ts`; `zone` is that of times which name none. */
export const createTimeWriter = (pattern: string, zone: ZoneOffset): TimeWriter | undefined => {
  const ops = timeOps(pattern)
  const scope = timeScope(pattern)
  if (scope === 'relative') return undefined
  const form = new RegExp(`^${ops.map(formOf).join('')}$`)
  const zoned = ops.some(op => op.kind === 'zone')
  return {
    move(text, at, by) {
      const parts = form.exec(text)?.slice(1)
      if (parts === undefined) return undefined
      const first = ops[0]!
      if (first.kind === 'epoch') return moveEpoch(parts[0]!, first.digits, by)
      const moved = at + by
      const offset = zoned
        ? offsetOf(fieldsOf(ops, parts), scope === 'full', at)
        : zone(moved + zone(moved))
      const next = readable(moved, offset)
      return ops.map((op, i) => writeOp(op, i, ops, parts, next)).join('')
    },
  }
}

const literal = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

const formOf = (op: TimeOp): string => {
  switch (op.kind) {
    case 'number':
      return `(\\d{${op.min},${op.max}})`
    case 'literal':
      return `(${literal(String.fromCharCode(op.code))})`
    case 'blank':
      return '([ \\t] *)'
    case 'fraction':
      return op.code === 0 ? '(\\d*)' : `((?:${literal(String.fromCharCode(op.code))}\\d+)?)`
    case 'month':
    case 'weekday':
      return '([A-Za-z]+)'
    case 'half':
      return '([AaPp][Mm])'
    case 'zone':
      return '([+-][\\d:]+|[A-Za-z]+)'
    case 'epoch':
      return `(\\d{${op.digits - 1},${op.digits}}(?:\\.\\d+)?)`
    case 'relative':
      return '()'
  }
}

/** Epoch times in s, ms, µs or ns; digits behind a point stay. */
const moveEpoch = (text: string, digits: number, by: number): string => {
  const [whole = '', rest] = text.split('.')
  const perSecond = 10n ** BigInt(digits - 10)
  const moved = BigInt(whole) + BigInt(by / 1000) * perSecond
  return rest === undefined ? `${moved}` : `${moved}.${rest}`
}

interface Fields {
  values: number[]
  weekday: number
}

/** Fields of a moment in a zone, `offset` ms ahead of UTC. */
const readable = (at: number, offset: number): Fields => {
  const date = new Date(at + offset)
  const values: number[] = []
  values[YEAR] = date.getUTCFullYear()
  values[MONTH] = date.getUTCMonth() + 1
  values[DAY] = date.getUTCDate()
  values[HOUR] = date.getUTCHours()
  values[MINUTE] = date.getUTCMinutes()
  values[SECOND] = date.getUTCSeconds()
  return { values, weekday: date.getUTCDay() }
}

/** Fields as written, ms as if UTC, without the fraction. */
const fieldsOf = (ops: readonly TimeOp[], parts: readonly string[]): number => {
  const values = [1970, 1, 1, 0, 0, 0]
  let half = ''
  ops.forEach((op, i) => {
    const text = parts[i]!
    if (op.kind === 'number') values[op.role] = Number(text)
    else if (op.kind === 'month') values[MONTH] = 1 + monthOf(text)
    else if (op.kind === 'half') half = text.toLowerCase()
  })
  const [year, month, day, hour, minute, second] = values as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const full = year < 70 ? year + 2000 : year < 100 ? year + 1900 : year
  const hours = half === '' ? hour : (hour % 12) + (half === 'pm' ? 12 : 0)
  return Date.UTC(full, month - 1, day, hours, minute, second)
}

const monthOf = (text: string): number => MONTHS.findIndex(name => sameStart(name, text))

const sameStart = (name: string, text: string): boolean =>
  name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase()

/** What the written zone adds to UTC, ms; where no date is written, told from the clocks alone. */
const offsetOf = (local: number, full: boolean, at: number): number => {
  const second = Math.floor(at / 1000) * 1000
  if (full) return local - second
  const ahead = (((local - second) % DAY_MS) + DAY_MS) % DAY_MS
  return ahead > DAY_MS / 2 + 2 * 3_600_000 ? ahead - DAY_MS : ahead
}

const writeOp = (
  op: TimeOp,
  i: number,
  ops: readonly TimeOp[],
  parts: readonly string[],
  { values, weekday }: Fields,
): string => {
  const text = parts[i]!
  switch (op.kind) {
    case 'number':
      return numberText(op, ops[i - 2]?.kind === 'month', text, values, ops)
    case 'blank': {
      // `Jan  5` and `Jan 15` take the same room.
      const next = ops[i + 1]
      const room = parts[i + 1]?.length ?? 0
      const grows = next?.kind === 'number' && `${values[next.role]}`.length > room
      return grows && text.length > 1 ? text.slice(1) : text
    }
    case 'month':
      return named(MONTHS[values[MONTH]! - 1]!, text)
    case 'weekday':
      return named(WEEKDAYS[weekday]!, text)
    case 'half': {
      const half = values[HOUR]! < 12 ? 'am' : 'pm'
      return text === text.toLowerCase() ? half : half.toUpperCase()
    }
    default:
      return text
  }
}

const numberText = (
  op: TimeOp & { kind: 'number' },
  behindMonth: boolean,
  text: string,
  values: readonly number[],
  ops: readonly TimeOp[],
): string => {
  let value = values[op.role]!
  if (op.role === YEAR && op.max === 2) value %= 100
  if (op.role === HOUR && ops.some(each => each.kind === 'half')) value = value % 12 || 12
  const blank = op.role === DAY && behindMonth && !text.startsWith('0')
  return `${value}`.padStart(text.length, blank ? ' ' : '0')
}

/** Long or short, in the case of the one that stood there. */
const named = (name: string, like: string): string => {
  const text = like.length > 3 ? name : name.slice(0, 3)
  if (like === like.toUpperCase()) return text.toUpperCase()
  return like === like.toLowerCase() ? text.toLowerCase() : text
}
