/**
 * Patterns of times, as text: `yyyy-MM-dd HH:mm:ss.SSS`. Letters:
 *
 * | yyyy yy | year | MM | month | MMM | month name | dd | day | EEE | weekday name |
 * | HH | hour (with `a`: 1 … 12) | mm | minute | ss | second | SSS | fraction of 1–9 digits |
 * | a | AM or PM | Z | zone: `Z`, `+hh:mm`, `+hhmm`, `+hh` or an abbreviation |
 * | X x u n | epoch in s (with fraction), ms, µs, ns | R | seconds since some start |
 *
 * A blank stands for any run of blanks; other characters for themselves, letters in quotes. Numbers
 * that stand free may have one digit less than written. The fraction may be absent.
 */
export const YEAR = 0
export const MONTH = 1
export const DAY = 2
export const HOUR = 3
export const MINUTE = 4
export const SECOND = 5

export type TimeOp =
  | { kind: 'number'; role: number; min: number; max: number }
  | { kind: 'literal'; code: number }
  | { kind: 'blank' | 'month' | 'weekday' | 'half' | 'zone' | 'relative' }
  | { kind: 'fraction'; code: number }
  | { kind: 'epoch'; digits: number }

const NUMBERS: Record<string, number> = {
  ...{ yyyy: YEAR, yy: YEAR, MM: MONTH, dd: DAY, HH: HOUR, mm: MINUTE, ss: SECOND },
}
const NAMED: Record<string, 'month' | 'weekday' | 'half' | 'zone' | 'relative'> = {
  ...{ MMM: 'month', EEE: 'weekday', a: 'half', Z: 'zone', R: 'relative' },
}
const EPOCH: Record<string, number> = { X: 10, x: 13, u: 16, n: 19 }
const TOKEN = /'([^']*)'|yyyy|yy|MMM|MM|dd|EEE|HH|mm|ss|([^A-Za-z'])?S+|[aZXxunR]|[\s\S]/g

const literals = (text: string): TimeOp[] =>
  [...text].map(char => ({ kind: 'literal', code: char.charCodeAt(0) }))

const opsOf = (match: RegExpMatchArray): TimeOp[] => {
  const token = match[0]
  if (token === ' ') return [{ kind: 'blank' }]
  if (match[1] !== undefined) return literals(match[1])
  if (/^.?S+$/.test(token)) return [{ kind: 'fraction', code: match[2]?.charCodeAt(0) ?? 0 }]
  const role = NUMBERS[token]
  if (role !== undefined) {
    const size = token.length
    return [{ kind: 'number', role, min: size === 4 ? 4 : 1, max: size }]
  }
  const name = NAMED[token]
  if (name !== undefined) return [{ kind: name }]
  const digits = EPOCH[token]
  return digits === undefined ? literals(token) : [{ kind: 'epoch', digits }]
}

/** Steps of a pattern. Numbers that touch each other, and two-digit years, have a fixed width. */
export const timeOps = (pattern: string): TimeOp[] => {
  const ops = [...pattern.matchAll(TOKEN)].flatMap(opsOf)
  const digits = (op: TimeOp | undefined): boolean =>
    op?.kind === 'number' || (op?.kind === 'fraction' && op.code === 0)
  ops.forEach((op, i) => {
    if (op.kind !== 'number') return
    if (op.role === YEAR || digits(ops[i - 1]) || digits(ops[i + 1])) op.min = op.max
  })
  return ops
}

/** What a pattern tells of the moment: everything, all but the year, only the time of day, … */
export const timeScope = (pattern: string): 'full' | 'no year' | 'clock' | 'date' | 'relative' => {
  if (/[Xxun]/.test(pattern.replace(/'[^']*'/g, ''))) return 'full'
  if (pattern.includes('R')) return 'relative'
  if (!pattern.includes('HH')) return 'date'
  if (!pattern.includes('dd')) return 'clock'
  return pattern.includes('yy') ? 'full' : 'no year'
}
