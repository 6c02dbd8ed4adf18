import type { Level } from '../types.ts'
import type { SpanFields } from './header-fields.ts'
import type { HeaderItem, PlainLayout } from './header-plan.ts'
import { levelOfLetter, levelOfPriority, levelOfWord } from './level.ts'
import type { ZoneOffset } from './time-zone.ts'
import { createTimeReader } from './timestamp.ts'

/**
 * Reads one item at `from`: the position behind it, or -1 where it does not stand. Blanks before an
 * item are skipped by the caller.
 */
export type ItemReader = (line: string, from: number, out: SpanFields) => number

/** Longest tag, group or field: what is longer is no header. */
const COLUMN_MAX = 256
/** RFC 5424 §6.4 puts a byte order mark before UTF-8 messages. */
const BOM = 0xfeff

const isBlank = (code: number): boolean => code === 32 || code === 9
/** False behind the end of the line too, where the code is NaN. */
const isInk = (code: number): boolean => code > 32

const wordEnd = (line: string, from: number): number => {
  let at = from
  while (isInk(line.charCodeAt(at))) at += 1
  return at
}

const CLOSERS: Record<number, number> = { 91: 93, 40: 41, 60: 62, 123: 125, 34: 34, 39: 39 }

/** Position behind the bracket that closes the one at `from`; -1 when none does in time. */
export const groupEnd = (line: string, from: number): number => {
  const open = line.charCodeAt(from)
  const close = CLOSERS[open]
  if (close === undefined) return -1
  const last = Math.min(line.length, from + COLUMN_MAX)
  let depth = 1
  for (let at = from + 1; at < last; at += 1) {
    const code = line.charCodeAt(at)
    if (code === close) {
      depth -= 1
      if (depth === 0) return at + 1
    } else if (code === open) depth += 1
  }
  return -1
}

/** Where a tag's parts lie: `name[process] (detail):`. `end` is behind the colon. */
export interface TagSpan {
  name: number
  process: number
  processEnd: number
  end: number
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Ends of `[1234]` at `from`, or -1. */
const processEnd = (line: string, from: number): number => {
  let at = from + 1
  while (isDigit(line.charCodeAt(at))) at += 1
  return at > from + 1 && line.charCodeAt(at) === 93 ? at + 1 : -1
}

/** Takes `( 1234)` before a tag's colon as its process. */
const paddedProcess = (line: string, from: number, close: number, tag: TagSpan): void => {
  let at = from + 1
  while (isBlank(line.charCodeAt(at))) at += 1
  const start = at
  while (isDigit(line.charCodeAt(at))) at += 1
  if (at === start || at !== close - 1) return
  tag.name = from
  tag.process = start
  tag.processEnd = at
}

/**
 * Finds the tag at `from`: a name without quotes, `=`, `,` or `;`, at most `blanks` blanks in it
 * (those only where a process in brackets follows or the name is short), and a colon with a blank
 * or the end behind it. Fills `tag`; false where there is none.
 */
export const findTag = (line: string, from: number, blanks: number, tag: TagSpan): boolean => {
  tag.process = -1
  let at = from
  let left = blanks
  const last = Math.min(line.length, from + 96)
  while (at < last) {
    const code = line.charCodeAt(at)
    if (code === 58) {
      const next = line.charCodeAt(at + 1)
      if (at > from && !isInk(next)) {
        if (tag.process < 0) tag.name = at
        tag.end = at + 1
        return true
      }
    } else if (code === 91) {
      const end = processEnd(line, at)
      if (end > 0) {
        tag.name = at
        tag.process = at + 1
        tag.processEnd = end - 1
        at = end
        continue
      }
      const close = groupEnd(line, at)
      if (close < 0) return false
      at = close
      continue
    } else if (code === 40) {
      const close = groupEnd(line, at)
      if (close < 0) return false
      if (tag.process < 0 && line.charCodeAt(close) === 58) paddedProcess(line, at, close, tag)
      at = close
      continue
    } else if (isBlank(code)) {
      // `name[1] (detail):` and padded `name   :` are one tag.
      const next = line.charCodeAt(at + 1)
      if (next !== 40 && next !== 58 && next !== 32) {
        if (left === 0) return false
        left -= 1
      }
    } else if (code === 34 || code === 61 || code === 44 || code === 59 || code === 39) return false
    at += 1
  }
  return false
}

const tagReader = (): ItemReader => {
  const tag: TagSpan = { name: 0, process: -1, processEnd: 0, end: 0 }
  return (line, from, out) => {
    if (!findTag(line, from, 0, tag) && !(findTag(line, from, 2, tag) && tag.process >= 0))
      return -1
    let end = tag.name
    while (end > from && isBlank(line.charCodeAt(end - 1))) end -= 1
    out.span('component', from, end)
    if (tag.process >= 0) out.span('process', tag.process, tag.processEnd)
    return tag.end
  }
}

const textReader = (text: string): ItemReader => {
  const codes = [...text].map(char => char.charCodeAt(0))
  return (line, from) => {
    let at = from
    for (let i = 0; i < codes.length; i += 1) {
      const code = codes[i]!
      if (code === 32) while (isBlank(line.charCodeAt(at))) at += 1
      else if (line.charCodeAt(at) === code) at += 1
      else return -1
    }
    return at
  }
}

const isLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122

/** End of a level word: letters, then digits (`DEBUG1`). */
export const levelEnd = (line: string, from: number): number => {
  let at = from
  while (isLetter(line.charCodeAt(at))) at += 1
  if (at > from) while (isDigit(line.charCodeAt(at))) at += 1
  return at
}

/**
 * A word that is no known level is one only before the mark that the layout puts behind its levels,
 * or in capitals: else it is the first of a message without a level.
 */
const levelReader = (mark: ItemReader | undefined): ItemReader => {
  let last = ''
  let level: Level | undefined
  return (line, from, out) => {
    const end = levelEnd(line, from)
    if (end === from || end - from > 16) return -1
    // Most lines have the level of the line before.
    const isSame = end - from === last.length && line.startsWith(last, from)
    const word = isSame ? last : line.slice(from, end)
    if (!isSame) {
      last = word
      level = levelOfWord(word)
    }
    if (level !== undefined) out.level = level
    else if (mark === undefined ? word !== word.toUpperCase() : mark(line, end, out) < 0) return -1
    return end
  }
}

const letterReader: ItemReader = (line, from, out) => {
  const level = levelOfLetter(line[from] ?? '')
  if (level === undefined) return -1
  out.level = level
  return from + 1
}

const numberReader = (role: string): ItemReader => {
  return (line, from, out) => {
    let at = from
    while (isDigit(line.charCodeAt(at))) at += 1
    if (at === from) return -1
    out.span(role, from, at)
    return at
  }
}

const priorityReader: ItemReader = (line, from, out) => {
  if (line.charCodeAt(from) !== 60) return -1
  const at = numberReader('priority')(line, from + 1, out)
  if (at < 0 || line.charCodeAt(at) !== 62) return -1
  out.level = levelOfPriority(Number(line.slice(from + 1, at)))
  return at + 1
}

/** Structured data of RFC 5424 §6.3: `-`, or elements in brackets without blanks between. */
const dataReader: ItemReader = (line, from, out) => {
  if (line.charCodeAt(from) === 45) return isInk(line.charCodeAt(from + 1)) ? -1 : from + 1
  let at = from
  while (line.charCodeAt(at) === 91) {
    let quoted = false
    let end = at + 1
    while (end < line.length && (quoted || line.charCodeAt(end) !== 93)) {
      if (line.charCodeAt(end) === 92) end += 1
      else if (line.charCodeAt(end) === 34) quoted = !quoted
      end += 1
    }
    at = end + 1
  }
  if (at === from || at > line.length) return -1
  out.span('data', from, at)
  return at
}

const groupLevel = (
  line: string,
  from: number,
  end: number,
  side: 'first' | 'last',
): Level | undefined => {
  if (side === 'first') return levelOfWord(line.slice(from, levelEnd(line, from)))
  let start = end
  while (start > from && isLetter(line.charCodeAt(start - 1))) start -= 1
  return levelOfWord(line.slice(start, end))
}

const groupReader = (role: string, side: 'first' | 'last' | undefined): ItemReader => {
  return (line, from, out) => {
    const end = groupEnd(line, from)
    if (end < 0) return -1
    out.span(role, from + 1, end - 1)
    if (side !== undefined) out.level = groupLevel(line, from + 1, end - 1, side) ?? out.level
    return end
  }
}

const untilReader = (stop: string, role: string): ItemReader => {
  return (line, from, out) => {
    let start = from
    while (isBlank(line.charCodeAt(start))) start += 1
    const at = line.indexOf(stop, start)
    if (at < 0 || at - from > COLUMN_MAX) return -1
    let end = at
    while (end > start && isBlank(line.charCodeAt(end - 1))) end -= 1
    out.span(role, start, end)
    return at
  }
}

/** A word that begins like this is the rest of a time that was written to more digits. */
const FRACTION = /[.,]\d/y

const wordReader = (role: string): ItemReader => {
  return (line, from, out) => {
    const end = wordEnd(line, from)
    FRACTION.lastIndex = from
    if (end === from || FRACTION.test(line)) return -1
    out.span(role, from, end)
    return end
  }
}

/** Up to a blank, a closing bracket, a comma or semicolon, or a colon before a blank. */
const nameReader = (role: string): ItemReader => {
  return (line, from, out) => {
    let at = from
    for (;;) {
      const code = line.charCodeAt(at)
      if (!isInk(code) || code === 93 || code === 44 || code === 59) break
      if (code === 41 && line.charCodeAt(at - 1) !== 40) break
      if (code === 58 && !isInk(line.charCodeAt(at + 1))) break
      at += 1
    }
    if (at === from) return -1
    out.span(role, from, at)
    return at
  }
}

const itemReader = (
  item: HeaderItem,
  next: HeaderItem | undefined,
  zone: ZoneOffset,
  now: { arrived: number },
): ItemReader => {
  switch (item.kind) {
    case 'text':
      return textReader(item.text)
    case 'time': {
      const time = createTimeReader(item.pattern, zone)
      const { primary } = item
      return (line, from, out) => {
        const end = time.read(line, from, now.arrived)
        if (end >= 0 && primary && time.dated) {
          out.at = time.at
          out.dated = true
        }
        return end
      }
    }
    case 'level':
      return levelReader(next?.kind === 'text' ? textReader(next.text) : undefined)
    case 'letter':
      return letterReader
    case 'priority':
      return priorityReader
    case 'data':
      return dataReader
    case 'number':
      return numberReader(item.role)
    case 'word':
      return wordReader(item.role)
    case 'name':
      return nameReader(item.role)
    case 'until':
      return untilReader(item.stop, item.role)
    case 'group':
      return groupReader(item.role, item.level)
    case 'tag':
      return tagReader()
  }
}

/** Reads a plain header from `from`: where its message starts, or -1 when it has another layout. */
export type LayoutReader = (line: string, from: number, arrived: number, out: SpanFields) => number

/**
 * For each item behind the first `must` the words before it that only it proves to be header:
 * without a time or level behind them they are the first words of the message.
 */
const unproven = ({ items, must }: PlainLayout): number[] =>
  items.map(({ kind }, i) => {
    if (kind !== 'level' && kind !== 'letter' && kind !== 'time') return 0
    let first = i
    while (first > must && items[first - 1]!.kind === 'word') first -= 1
    return i - first
  })

/**
 * Reader of a plain layout: its items in order, `must` of them, the rest as far as they go. A level
 * may stand where others have words before it.
 */
export const createPlainReader = (layout: PlainLayout, zone: ZoneOffset): LayoutReader => {
  const now = { arrived: 0 }
  const readers = layout.items.map((item, i) => itemReader(item, layout.items[i + 1], zone, now))
  // Blanks count inside fields that may be empty, as between two delimiters.
  const skips = layout.items.map(item => item.kind !== 'text' && item.kind !== 'until')
  const words = unproven(layout)
  const opens = layout.items.map((_, i) => words.some((count, k) => count > 0 && k - count === i))
  const { must } = layout
  return (line, from, arrived, out) => {
    now.arrived = arrived
    let at = from
    let before = from
    let size = out.size
    for (let i = 0; i < readers.length; i += 1) {
      if (opens[i]) {
        before = at
        size = out.size
      }
      if (skips[i]) while (isBlank(line.charCodeAt(at))) at += 1
      let next = readers[i]!(line, at, out)
      if (next < 0 && i >= must && words[i]! > 0) {
        out.rewind(size)
        at = before
        while (isBlank(line.charCodeAt(at))) at += 1
        next = readers[i]!(line, at, out)
      }
      if (next < 0) {
        if (i < must) return -1
        break
      }
      at = next
    }
    while (isBlank(line.charCodeAt(at)) || line.charCodeAt(at) === BOM) at += 1
    return at
  }
}
