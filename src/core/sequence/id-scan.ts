import { type IdShape, readId } from './id-shape.ts'

/** Longer messages are read up to here: an id of the whole line stands near its beginning. */
const MAX_SCAN = 4096

/** What stands at the beginning of a message has this label. */
export const AT_START = '^'

const isDigit = (c: number): boolean => c >= 48 && c <= 57
const isLetter = (c: number): boolean => (c >= 97 && c <= 122) || (c >= 65 && c <= 90)
const isToken = (c: number): boolean => isDigit(c) || isLetter(c) || c === 95 || c === 45

const IPV4 = /\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?(?![\d.])/y
/** What may stand between a label and its value: `id=4`, `id: 4`, `id #4`, `"id":"4"`, `[id 4]`. */
const BETWEEN = /[\s=:#"'[({</]/

/** The word before position `start` of a text, at most a few signs away from it; '' if none. */
export const labelBefore = (text: string, start: number): string => {
  let end = start
  while (end > 0 && start - end < 4 && BETWEEN.test(text[end - 1]!)) end--
  if (end === 0) return AT_START
  if (end === start) return ''
  let from = end
  while (from > 0 && (isLetter(text.charCodeAt(from - 1)) || text[from - 1] === '_')) from--
  const before = from === 0 ? 0 : text.charCodeAt(from - 1)
  // `10ms` or `x2y` before the value is itself a value, not its name.
  return from === end || isDigit(before) ? '' : text.slice(from, end)
}

/**
 * Calls `found` for every token of a text that holds a digit, or stands right behind `=`: the raw
 * token, where it starts, and what it may be read as (`readId`; empty for a short number).
 */
export const scanIds = (
  text: string,
  found: (token: string, start: number, readings: { value: string; shape: IdShape }[]) => void,
): void => {
  const length = Math.min(text.length, MAX_SCAN)
  let i = 0
  while (i < length) {
    let c = text.charCodeAt(i)
    if (!isToken(c)) {
      i++
      continue
    }
    const start = i
    let digits = false
    while (i < length) {
      c = text.charCodeAt(i)
      if (!isToken(c)) break
      digits ||= isDigit(c)
      i++
    }
    if (digits && c === 46 && isDigit(text.charCodeAt(start))) {
      IPV4.lastIndex = start
      const ip = IPV4.exec(text)
      if (ip !== null) {
        i = start + ip[0].length
        found(ip[0], start, readId(ip[0]))
        continue
      }
    }
    const afterEquals = start > 0 && text[start - 1] === '='
    if (!digits && !afterEquals) continue
    if (partOfNumber(text, start, i)) continue
    const token = text.slice(start, i)
    found(token, start, readId(token))
  }
}

/** Whether a character is part of a token. */
const tokenAt = (text: string, at: number): boolean => isToken(text.charCodeAt(at))

/**
 * As `scanIds`, but only for the tokens that `find` points into: it returns a position at or after
 * `from`, or -1. Much cheaper than reading every token of a long text.
 */
export const scanFound = (
  text: string,
  find: (text: string, from: number) => number,
  found: (token: string) => void,
): void => {
  const length = Math.min(text.length, MAX_SCAN)
  let at = find(text, 0)
  while (at >= 0 && at < length) {
    let start = at
    let end = at
    while (start > 0 && tokenAt(text, start - 1)) start--
    while (end < length && tokenAt(text, end)) end++
    found(text.slice(start, end))
    at = find(text, Math.max(end, at + 1))
  }
}

/** Digits around a dot or a colon belong to a decimal, a version, a time or an address. */
const partOfNumber = (text: string, start: number, end: number): boolean => {
  const joins = (at: number): boolean => text[at] === '.' || text[at] === ':'
  const digitsOnly = (from: number, to: number): boolean => {
    for (let i = from; i < to; i++) if (!isDigit(text.charCodeAt(i))) return false
    return true
  }
  if (!digitsOnly(start, end) || end - start >= 12) return false
  return (
    (joins(end) && isDigit(text.charCodeAt(end + 1))) ||
    (start > 1 && joins(start - 1) && isDigit(text.charCodeAt(start - 2)))
  )
}
