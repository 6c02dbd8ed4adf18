import type { BusMessage } from '../bus/bus.ts'
import { MOST_FAULTS } from './faults.ts'
import { badRequest, type Fault, faulty, tooLarge } from './problem.ts'

export interface LineLimits {
  maxBatchLines: number
  maxLine: number
}

/** Lines of a request, and what was changed on the way in. */
export interface TakenLines {
  messages: BusMessage[]
  /** Lines cut at the longest length. */
  cut: number
  /** Lines with bytes that are no UTF-8, now U+FFFD. */
  replaced: number
}

/** Longest name of a source. */
export const MOST_SOURCE = 256
const REPLACEMENT = '\uFFFD'

const tooMany = (limit: number) =>
  tooLarge('too_many_lines', `more than ${limit} lines; send smaller batches`)

/**
 * Text as lines of one source, at LF or CRLF; NULs are kept. Bytes that are no UTF-8 become U+FFFD.
 * @throws ProblemError 413 for too many lines
 */
export const textLines = (
  bytes: Uint8Array,
  source: string,
  arrived: number,
  { maxBatchLines, maxLine }: LineLimits,
): TakenLines => {
  const { text, damaged } = decode(bytes)
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  if (lines.length > maxBatchLines) throw tooMany(maxBatchLines)
  const returns = text.includes('\r')
  let cut = 0
  let replaced = 0
  const messages = new Array<BusMessage>(lines.length)
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i]!
    if (returns && line.endsWith('\r')) line = line.slice(0, -1)
    if (line.length > maxLine) {
      line = line.slice(0, maxLine)
      cut++
    }
    if (damaged && line.includes(REPLACEMENT)) replaced++
    messages[i] = { text: line, source, arrived }
  }
  return { messages, cut, replaced }
}

/** Strict first: it is as fast, and most text has no fault. */
const decode = (bytes: Uint8Array): { text: string; damaged: boolean } => {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), damaged: false }
  } catch {
    return { text: new TextDecoder().decode(bytes), damaged: true }
  }
}

/**
 * Items of JSON as lines: strings, or `{message | log, timestamp?, source?}`. An item with newlines
 * is as many lines. By hand, as a batch may hold a hundred thousand; `logItem` is its schema.
 * @throws ProblemError 422 with the pointer of every faulty item, 413 for too many lines
 */
export const itemLines = (
  items: readonly unknown[],
  pointer: string,
  source: string,
  now: number,
  { maxBatchLines, maxLine }: LineLimits,
): TakenLines => {
  const faults: Fault[] = []
  const messages: BusMessage[] = []
  let cut = 0
  for (let i = 0; i < items.length; i++) {
    const item = readItem(items[i], source, now)
    if (!('text' in item)) {
      faults.push({ pointer: `${pointer}/${i}${item.pointer}`, detail: item.detail })
      if (faults.length >= MOST_FAULTS) break
      continue
    }
    for (const line of item.text.includes('\n') ? item.text.split(/\r?\n/) : [item.text]) {
      if (line.length > maxLine) cut++
      messages.push({ ...item, text: line.length > maxLine ? line.slice(0, maxLine) : line })
    }
    if (messages.length > maxBatchLines) throw tooMany(maxBatchLines)
  }
  if (faults.length > 0) throw faulty('some items are no log lines; nothing was taken', faults)
  return { messages, cut, replaced: 0 }
}

const KNOWN = new Set(['message', 'log', 'timestamp', 'source', 'attributes'])

const readItem = (item: unknown, source: string, now: number): BusMessage | Fault => {
  if (typeof item === 'string') return { text: item, source, arrived: now }
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return {
      pointer: '',
      detail: 'expected a string or an object with "message" or "log"',
    }
  }
  const { message, log, timestamp, source: own = source, attributes } = item as LogRecord
  for (const name in item) {
    if (KNOWN.has(name)) continue
    const detail = 'there is no such field; send logs that are JSON as text/plain, one a line'
    return { pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, detail }
  }
  const text = message ?? log
  if (typeof text !== 'string' || (message !== undefined && log !== undefined)) {
    return { pointer: '', detail: 'expected a string in one of "message" and "log"' }
  }
  if (typeof own !== 'string' || own === '' || own.length > MOST_SOURCE) {
    const detail = `expected a string of 1 to ${MOST_SOURCE} characters`
    return { pointer: '/source', detail }
  }
  if (attributes !== undefined && (typeof attributes !== 'object' || attributes === null)) {
    return { pointer: '/attributes', detail: 'expected an object' }
  }
  const arrived = timestamp === undefined ? now : timeOf(timestamp)
  return Number.isNaN(arrived)
    ? { pointer: '/timestamp', detail: 'expected ISO 8601 or epoch milliseconds' }
    : { text, source: own, arrived }
}

interface LogRecord {
  message?: unknown
  log?: unknown
  timestamp?: unknown
  source?: unknown
  attributes?: unknown
}

/** Epoch ms that a Date can hold; NaN for anything else. */
const timeOf = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'string' ? new Date(value).getTime() : Number.NaN

/** One JSON value a line. @throws ProblemError 400 naming the lines that are none */
export const parseNdjson = (bytes: Uint8Array): unknown[] => {
  const { text, damaged } = decode(bytes)
  if (damaged) throw badRequest('the body is no JSON: it is no UTF-8')
  const faults: Fault[] = []
  const items: unknown[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    try {
      items.push(JSON.parse(line))
    } catch {
      faults.push({ pointer: `/${items.length}`, detail: 'expected JSON' })
      if (faults.length >= MOST_FAULTS) break
      items.push(undefined)
    }
  }
  if (faults.length > 0) throw badRequest('some lines are no JSON; nothing was taken', faults)
  return items
}
