const pack = (text: string): number =>
  (text.charCodeAt(0) << 16) | (text.charCodeAt(1) << 8) | text.charCodeAt(2)

const names = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun'
const packed: ReadonlySet<number> = new Set(names.split(' ').map(pack))

/** Time zones and day halves that follow a time of day (RFC 822 §5.1 and common European ones). */
const zones: ReadonlySet<string> = new Set(
  'UTC GMT UT EST EDT CST CDT MST MDT PST PDT CET CEST EET EEST WET WEST BST IST JST AM PM am pm'.split(
    ' ',
  ),
)

const isBlank = (unit: number): boolean => unit === 32 || unit === 9 || unit === 44
const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57

/** Whether the three units at `at` name a month or a weekday. */
export const isCalendarName = (text: string, at: number): boolean =>
  packed.has((text.charCodeAt(at) << 16) | (text.charCodeAt(at + 1) << 8) | text.charCodeAt(at + 2))

/** Whether a number or another calendar name follows after blanks: `Jul 27`, `Wed, 27`, `Wed Jul`. */
export const leadsDate = (text: string, at: number, to: number): boolean => {
  let next = at
  while (next < to && isBlank(text.charCodeAt(next))) next++
  if (next === at || next >= to) return false
  return isDigit(text.charCodeAt(next)) || (next + 3 <= to && isCalendarName(text, next))
}

/** Whether `text[from, to)` ends a time of day that stands right before it (`10:59:53 PM`). */
export const isZone = (text: string, from: number, to: number, before: number): boolean => {
  for (let at = before; at < from; at++) {
    if (text.charCodeAt(at) === 58) return zones.has(text.slice(from, to))
  }
  return false
}
