import { ALNUM, BACKSLASH, BLANK, CHUNK, classOf, DIGIT, HEX, UNDERSCORE } from './char-class.ts'
import { isUnit } from './units.ts'

const COLON = 58
const isHex = (unit: number): boolean => (classOf(unit) & (DIGIT | HEX)) !== 0

/**
 * End of the hardware address (MAC, EUI-64, GID: six or more pairs) or IPv6 address (RFC 4291 §2.2,
 * with an IPv4 tail or a zone) that begins at `from`, or -1. A scope operator between hex-like words (`add::face`) has no digit and is not an address.
 */
export const hexColonEnd = (text: string, from: number, to: number): number => {
  let at = from
  let groups = 0
  let digits = 0
  let pairs = 0
  let doubled = 0
  while (at < to) {
    const start = at
    while (at < to && at - start < 5 && isHex(text.charCodeAt(at))) {
      if (classOf(text.charCodeAt(at)) & DIGIT) digits++
      at++
    }
    if (at - start > 4) return -1
    if (at > start) groups++
    if (at - start === 2) pairs++
    if (text.charCodeAt(at) !== COLON || !isHexOrColon(text, at + 1, to)) break
    at++
    if (text.charCodeAt(at) === COLON) {
      doubled++
      at++
    }
  }
  const mac = groups >= 6 && pairs === groups && doubled === 0
  const ip6 = digits > 0 && (groups === 8 ? doubled === 0 : doubled === 1 && groups > 0)
  if (!mac && !ip6) return -1
  while (ip6 && at < to && (text.charCodeAt(at) === 46 || text.charCodeAt(at) === 37)) {
    const start = ++at
    while (at < to && classOf(text.charCodeAt(at)) & (DIGIT | HEX | 4)) at++
    if (at === start) return start - 1
  }
  return at < to && classOf(text.charCodeAt(at)) & (DIGIT | HEX | 4 | 8) ? -1 : at
}

const isHexOrColon = (text: string, at: number, to: number): boolean =>
  at < to && (text.charCodeAt(at) === COLON || isHex(text.charCodeAt(at)))

/** Units that end a URL or a path with a query: blanks, quotes and closing brackets. */
const endsUrl = (unit: number): boolean =>
  (classOf(unit) & BLANK) !== 0 ||
  unit === 34 || // "
  unit === 39 || // '
  unit === 41 || // )
  unit === 60 || // <
  unit === 62 || // >
  unit === 93 || // ]
  unit === 96 || // `
  unit === 125 // }

/** End of a URL or of a path with a query, trailing punctuation left out. */
export const urlEnd = (text: string, from: number, to: number): number => {
  let at = from
  while (at < to && !endsUrl(text.charCodeAt(at))) at++
  while (at > from && isTrailing(text.charCodeAt(at - 1))) at--
  return at
}

/** Punctuation of the sentence around it, and a backslash that escapes the quote behind it. */
const isTrailing = (unit: number): boolean =>
  unit === 44 || unit === 46 || unit === 58 || unit === 59 || unit === 33 || unit === 92

/**
 * End of a Windows path that begins at `from`. A blank belongs to it when a later part, before the
 * next separator, holds a backslash again (`C:\Program Files (x86)\a.dll`).
 */
export const windowsPathEnd = (text: string, from: number, to: number): number => {
  let end = from
  let at = from
  let inChunk = true
  for (; at < to; at++) {
    const unit = text.charCodeAt(at)
    const bits = classOf(unit)
    if (bits & CHUNK) {
      if (inChunk) end = at + 1
      else if (bits & BACKSLASH) {
        end = at + 1
        inChunk = true
      }
    } else if (bits & BLANK || unit === 40 || unit === 41) {
      if (at - end > 24) break
      inChunk = false
    } else break
  }
  while (end > from && isTrailing(text.charCodeAt(end - 1))) end--
  return end
}

/** Endings of two letters that name files, not countries. */
const fileEndings: ReadonlySet<string> = new Set(
  'js ts so go py sh rs pl md gz cc cs rb db hs ml kt vb vi ps io la ad xz bz'.split(' '),
)

/**
 * End of a dotted name with a number behind its colon, or -1: `proxy.a.example:8080`, also the
 * place in a program `a.b.Type.call:120`. Two parts must end like a host of some country, since
 * `Type.java:120` is told apart from `Other.java:120` by its name.
 */
export const numberedNameEnd = (text: string, start: number, end: number, to: number): number => {
  let at = end + 1
  while (at < to && at - end <= 6 && classOf(text.charCodeAt(at)) & DIGIT) at++
  if (at === end + 1 || (at < to && classOf(text.charCodeAt(at)) & (ALNUM | UNDERSCORE))) return -1
  const first = text.indexOf('.', start)
  const last = text.lastIndexOf('.', end - 1)
  if (first === start || last === end - 1) return -1
  if (first !== last) return at
  return end - last === 3 && !fileEndings.has(text.slice(last + 1, end)) ? at : -1
}

/** End of a bound that opens at `from` (`<1 sec`, `<5`), its unit of time or size included, or -1. */
export const boundEnd = (text: string, from: number, to: number): number => {
  let at = from + 1
  while (at < to && classOf(text.charCodeAt(at)) & DIGIT) at++
  if (at === from + 1 || (at < to && !(classOf(text.charCodeAt(at)) & BLANK))) return -1
  let end = at + 1
  while (end < to && classOf(text.charCodeAt(end)) & ALNUM) end++
  return isUnit(text.slice(at + 1, end)) ? end : at
}

/** Whether an octal escape of a quote (`\\042`, `\\047`), as C programs print it, stands at `at`. */
export const isEscapedQuote = (text: string, at: number): boolean => {
  const last = text.charCodeAt(at + 3)
  return (
    text.charCodeAt(at + 1) === 48 && text.charCodeAt(at + 2) === 52 && (last === 50 || last === 55)
  )
}

/** Whether a backslash at `at` escapes the quote behind it: the two are punctuation. */
export const escapesQuote = (text: string, at: number): boolean => {
  const next = text.charCodeAt(at + 1)
  return next === 34 || next === 39
}

/** Longest list that is looked at, UTF-16 units. */
const LIST_MAX = 4096

/**
 * End of a list of words or numbers, two or more (`[a, b, c]`), whose items begin at `from`, or -1.
 * A list of names in capitals alone (`[TERM, HUP]`) says what kind of thing happened and stays.
 */
export const listEnd = (text: string, from: number, to: number): number => {
  const last = Math.min(to, from + LIST_MAX)
  let commas = 0
  let start = from
  let isKinds = true
  for (let at = from; at < last; at++) {
    const unit = text.charCodeAt(at)
    if (classOf(unit) & CHUNK) {
      isKinds &&= unit >= 65 && unit <= 95
      continue
    }
    if (at === start) return -1
    if (unit === 93) return commas > 0 && !isKinds ? at : -1 // ]
    if (unit !== 44) return -1 // ,
    commas++
    if (text.charCodeAt(at + 1) === 32) at++
    start = at + 1
  }
  return -1
}
