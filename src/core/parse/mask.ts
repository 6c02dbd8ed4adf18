import { isCalendarName, isZone, leadsDate } from './calendar.ts'
import {
  ALNUM,
  AT,
  BACKSLASH,
  BLANK,
  CHUNK,
  classes,
  DASH,
  DIGIT,
  DOT,
  HEX,
  JOIN,
  LETTER,
  TRIM,
} from './char-class.ts'
import { isLiteral, isValue, numberAfterStem } from './chunk-kind.ts'
import {
  boundEnd,
  escapesQuote,
  hexColonEnd,
  isEscapedQuote,
  listEnd,
  numberedNameEnd,
  urlEnd,
  windowsPathEnd,
} from './special-token.ts'

export const CONSTANT = 0
export const VARIABLE = 1

/**
 * One line cut into elements: words that are constant and values that vary. What lies between two
 * elements is punctuation. Values joined by blanks or joining punctuation are one element.
 */
export interface Scan {
  /** Number of elements. */
  count: number
  starts: Int32Array
  ends: Int32Array
  /** CONSTANT or VARIABLE. */
  kinds: Uint8Array
  /** Two independent 32-bit hashes of the masked line. */
  h1: number
  h2: number
  /** Whether elements beyond the limit were taken together as one value. */
  cut: boolean
}

export interface MaskOptions {
  /** Most elements of a line; the rest of the line is one value. Default 256. */
  maxTokens?: number
  /** Take strings in quotes as one value. Default false. */
  quoted?: boolean
}

/** Finds values that the user described: fills `spans` with start, end pairs in order. */
export type SpanFinder = (text: string, from: number, spans: number[]) => void

export type Masker = (text: string, from: number) => Scan

const PRIME = 0x01000193
const MIX1 = 0x9e3779b1 | 0
const MIX2 = 0x85ebca6b | 0
const VALUE_HASH = 0x5bd1e995
const EMPTY_HASH = 0x27d4eb2f
const BLANK_HASH = 32
const closing: Record<number, number> = { 40: 41, 91: 93, 123: 125, 60: 62, 34: 34, 39: 39 }

const classAt = (text: string, at: number): number => {
  const unit = text.charCodeAt(at)
  return unit < 128 ? classes[unit] : LETTER
}

/**
 * Makes a masker: one pass over the code units of a message cuts it into words and values and
 * hashes what is constant, so that equal templates meet without building their text. The returned
 * `Scan` is reused by the next call.
 */
export const createMasker = (options: MaskOptions = {}, find?: SpanFinder): Masker => {
  const max = options.maxTokens ?? 256
  const quoted = options.quoted ?? false
  const starts = new Int32Array(max + 2)
  const ends = new Int32Array(max + 2)
  const kinds = new Uint8Array(max + 2)
  const out: Scan = { count: 0, starts, ends, kinds, h1: 0, h2: 0, cut: false }
  const spans: number[] = []
  let count = 0
  let h1 = 0
  let h2 = 0
  /** Hash state right after the last value; a value joined to it goes on from there. */
  let saved1 = 0
  let saved2 = 0
  let joinable = false

  const mix = (value: number): void => {
    h1 = Math.imul(h1 ^ value, MIX1)
    h1 ^= h1 >>> 15
    h2 = Math.imul(h2 + value, MIX2)
    h2 ^= h2 >>> 13
  }

  const addValue = (start: number, end: number): void => {
    if (joinable) {
      ends[count - 1] = end
      h1 = saved1
      h2 = saved2
      return
    }
    mix(VALUE_HASH)
    saved1 = h1
    saved2 = h2
    joinable = true
    starts[count] = start
    ends[count] = end
    kinds[count++] = VARIABLE
  }

  const addConstant = (start: number, end: number, hash: number): void => {
    mix(hash)
    joinable = false
    starts[count] = start
    ends[count] = end
    kinds[count++] = CONSTANT
  }

  const separate = (unit: number, bits: number): void => {
    if (!(bits & JOIN)) joinable = false
    mix(bits & BLANK ? BLANK_HASH : unit)
  }

  /** Handles the separator at `at`; returns where to go on. */
  const separator = (text: string, at: number, to: number): number => {
    const unit = text.charCodeAt(at)
    const bits = classes[unit]
    if (bits & BLANK) {
      let next = at + 1
      while (next < to && classAt(text, next) & BLANK) next++
      if (next < to && count > 0) separate(unit, bits)
      return next
    }
    if (unit === 60) {
      const end = text.startsWith('<*>', at) ? at + 3 : boundEnd(text, at, to)
      if (end > 0) {
        addValue(at, end)
        return end
      }
    }
    if (unit === 58 && text.charCodeAt(at + 1) === 58) {
      const end = at === 0 || !(classAt(text, at - 1) & CHUNK) ? hexColonEnd(text, at, to) : -1
      if (end > at + 2) {
        addValue(at, end)
        return end
      }
    }
    separate(unit, bits)
    const list = unit === 91 ? listEnd(text, at + 1, to) : -1
    if (list > 0) {
      addValue(at + 1, list)
      return list
    }
    if (quoted && (unit === 34 || unit === 39)) {
      const end = closingQuote(text, at, to, unit)
      if (end > at + 1) {
        addValue(at + 1, end)
        separate(unit, bits)
        joinable = false
        return end + 1
      }
    }
    const isEmpty =
      unit === 61
        ? at > 0 && !(classAt(text, at - 1) & BLANK) && (at + 1 >= to || endsEmpty(text, at + 1))
        : at + 1 < to && closing[unit] === text.charCodeAt(at + 1)
    if (isEmpty) addConstant(at + 1, at + 1, EMPTY_HASH)
    return at + 1
  }

  /** Ends the chunk `text[start, end)`, whose class bits are `flags`; returns where to go on. */
  const chunk = (
    text: string,
    start: number,
    end: number,
    to: number,
    flags: number,
    digits: number,
    groups: number,
    hash: number,
  ): number => {
    const next = end < to ? text.charCodeAt(end) : 0
    if (next === 58 && end + 1 < to) {
      const special = colonToken(text, start, end, to, flags)
      if (special > 0) {
        addValue(start, special)
        return special
      }
    }
    if ((flags & ~(LETTER | HEX)) === 0) {
      const length = end - start
      if (
        (length === 3 || length === 4 || length === 2) &&
        joinable &&
        isZone(text, start, end, starts[count - 1])
      ) {
        addValue(start, end)
      } else if (
        length === 3 &&
        isCalendarName(text, start) &&
        (leadsDate(text, end, to) || (joinable && endsWithDigit(text, start)))
      ) {
        addValue(start, end)
      } else if (
        ((length === 4 || length === 5) && isLiteral(text, start, end)) ||
        (length >= 8 && (flags & LETTER) === 0)
      ) {
        addValue(start, end)
      } else addConstant(start, end, hash)
      return end
    }
    let last = end
    while (last > start && classAt(text, last - 1) & TRIM) last--
    // A directory keeps its last slash.
    if (last < end && text.charCodeAt(last) === 47 && text.lastIndexOf('/', last - 1) >= start)
      last++
    if (last === start) {
      for (let at = start; at < end; at++) separate(text.charCodeAt(at), classAt(text, at))
      return end
    }
    if (digits > 0 && flags & (DOT | DASH)) {
      const number = numberAfterStem(text, start, last, flags)
      if (number > 0) {
        addConstant(start, number - 1, hashOf(text, start, number - 1))
        separate(text.charCodeAt(number - 1), JOIN)
        addValue(number, last)
        for (let at = last; at < end; at++) separate(text.charCodeAt(at), classAt(text, at))
        return end
      }
    }
    if (
      !isValue(
        text,
        start,
        last,
        flags,
        digits,
        groups,
        start > 0 && text.charCodeAt(start - 1) === 61,
      )
    ) {
      addConstant(start, last, hash)
      return end
    }
    if (classAt(text, start) & 64 || flags & 512) {
      // A path may carry a query with units that separate elsewhere.
      if (next === 61 && text.slice(start, end).includes('?')) {
        const long = urlEnd(text, end, to)
        addValue(start, long)
        return long
      }
    }
    addValue(start, last)
    for (let at = last; at < end; at++) separate(text.charCodeAt(at), classAt(text, at))
    return end
  }

  const range = (text: string, from: number, to: number): number => {
    let at = from
    while (at < to && count < max) {
      let unit = text.charCodeAt(at)
      let bits = unit < 128 ? classes[unit] : LETTER
      if (!(bits & CHUNK)) {
        at = separator(text, at, to)
        continue
      }
      if (bits & BACKSLASH && isEscapedQuote(text, at)) {
        for (const end = at + 4; at < end; at++) separate(text.charCodeAt(at), CHUNK)
        continue
      }
      if (bits & BACKSLASH && escapesQuote(text, at)) {
        separate(unit, 0)
        at++
        continue
      }
      // `@0x7f…` is an address behind a mark.
      if (bits & AT && at + 1 < to && classAt(text, at + 1) & DIGIT) {
        separate(unit, 0)
        at++
        continue
      }
      const start = at
      let hash = 0x811c9dc5
      let flags = 0
      let digits = 0
      let groups = 0
      let before = 0
      do {
        hash = Math.imul(hash ^ unit, PRIME)
        flags |= bits
        if (bits & DIGIT) {
          digits++
          if (!(before & DIGIT)) groups++
        }
        // A run of dots is a leader or an ellipsis, not part of a word.
        if (before & bits & DOT) {
          while (++at < to && text.charCodeAt(at) === 46);
          break
        }
        before = bits
        if (++at >= to) break
        unit = text.charCodeAt(at)
        bits = unit < 128 ? classes[unit] : LETTER
        if (bits & BACKSLASH && (isEscapedQuote(text, at) || escapesQuote(text, at))) break
      } while (bits & CHUNK)
      at = chunk(text, start, at, to, flags & CHUNK, digits, groups, hash)
    }
    return at
  }

  return (text, from) => {
    count = 0
    h1 = 0x2545f491
    h2 = 0x1b873593
    joinable = false
    let to = text.length
    while (to > from && classAt(text, to - 1) & BLANK) to--
    let at = from
    if (find) {
      spans.length = 0
      find(text, from, spans)
      for (let k = 0; k < spans.length && count < max; k += 2) {
        if (spans[k] < at) continue
        at = range(text, at, spans[k])
        if (at > spans[k]) continue
        addValue(spans[k], spans[k + 1])
        at = spans[k + 1]
      }
    }
    at = range(text, at, to)
    out.cut = at < to
    if (at < to) addValue(at, to)
    out.count = count
    out.h1 = h1
    out.h2 = h2
    return out
  }
}

const hashOf = (text: string, from: number, to: number): number => {
  let hash = 0x811c9dc5
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME)
  return hash
}

const endsEmpty = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at)
  return (classAt(text, at) & BLANK) !== 0 || unit === 44 || unit === 59 || unit === 41
}

const endsWithDigit = (text: string, before: number): boolean => {
  let at = before - 1
  while (at > 0 && classAt(text, at) & (BLANK | JOIN)) at--
  return (classAt(text, at) & DIGIT) !== 0
}

/** The end of a URL, Windows path, MAC or IPv6 address whose first part ends before a colon, or 0. */
const colonToken = (
  text: string,
  start: number,
  end: number,
  to: number,
  flags: number,
): number => {
  const next = text.charCodeAt(end + 1)
  if (next === 47 && text.charCodeAt(end + 2) === 47) {
    const url = urlEnd(text, end, to)
    return url > end + 3 ? url : 0
  }
  if (next === 92 && end - start === 1) return windowsPathEnd(text, end + 1, to)
  if (flags & DOT) {
    const numbered = numberedNameEnd(text, start, end, to)
    if (numbered > 0) return numbered
  }
  if ((flags & ~(DIGIT | HEX)) === 0 && end - start <= 4) {
    const address = hexColonEnd(text, start, to)
    return address > end ? address : 0
  }
  return 0
}

/** Where the quote that opens at `at` closes: before a unit that is no letter or digit, or -1. */
const closingQuote = (text: string, at: number, to: number, unit: number): number => {
  if (at > 0 && classAt(text, at - 1) & ALNUM) return -1
  for (let end = text.indexOf(String.fromCharCode(unit), at + 1); end > 0 && end < to; ) {
    if (end + 1 >= to || !(classAt(text, end + 1) & ALNUM)) return end
    end = text.indexOf(String.fromCharCode(unit), end + 1)
  }
  return -1
}
