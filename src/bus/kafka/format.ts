import { Buffer } from 'node:buffer'
import type { IHeaders } from 'kafkajs'
import { MOST_LINES, positionOf } from './position.ts'

/** A line out of a message. */
export interface KafkaLine {
  text: string
  source: string
  /** Epoch ms: the record's time. */
  arrived: number
  key?: string
  /** See `positionOf`. */
  position: number
  /** Of the message. */
  offset: number
  /** Epoch ms: the record's time, whatever the line says. */
  at: number
  /** Whether it was longer than the longest line. */
  cut?: true
}

/** A message that cannot be read, as it is. */
export interface Unreadable {
  offset: number
  key: Buffer | null
  value: Buffer | null
  headers: IHeaders
  reason: string
}

/** What is read of a message. */
export interface RawMessage {
  offset: string
  timestamp: string
  key: Buffer | null
  value: Buffer | null
  headers?: IHeaders
}

/** Says that a value is one line as it stands, whatever it looks like. */
export const PLAIN = { name: 'logbert', value: 'line' } as const
export const SOURCE = 'source'
/** Of a line: its arrival, where the record's time cannot be. Epoch ms. */
export const ARRIVED = 'arrived'

const BRACE = 0x7b
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Longest name of a source that others give. */
const MOST_SOURCE = 256

/**
 * Lines of a message: the value is text, `{"log" | "message": …, "timestamp"?, "source"?}`, or
 * `{"logs": […]}` of texts or such objects. Other JSON is a line by itself, as programs log it. A
 * text with line ends is as many lines. A time or source that cannot be is the record's own.
 * @param maxLine longest line in characters; the rest is cut off
 */
export const linesOf = (
  message: RawMessage,
  topic: string,
  maxLine = Number.POSITIVE_INFINITY,
): KafkaLine[] | Unreadable => {
  const { value, headers = {} } = message
  const offset = Number(message.offset)
  const bad = (reason: string): Unreadable => ({
    ...{ offset, headers, reason, value, key: message.key },
  })
  if (value === null) return bad('it has no value')
  const text = textOf(value)
  if (text === undefined) return bad('it is no UTF-8')
  const plain = headerOf(headers, PLAIN.name) === PLAIN.value
  const given = headerOf(headers, SOURCE) ?? topic
  const key = message.key === null ? undefined : textOf(message.key)
  // Old clients write none, which is −1.
  const recorded = Math.max(0, Number(message.timestamp))
  const told = plain ? Number(headerOf(headers, ARRIVED) ?? recorded) : recorded
  const items = plain || value[0] !== BRACE ? undefined : itemsOf(text)
  if (typeof items === 'string') return bad(items)
  const lines = plain ? [{ text }] : (items ?? [{ text }]).flatMap(splitItem)
  if (lines.length > MOST_LINES) {
    return bad(`it holds ${lines.length} lines, more than ${MOST_LINES}; send them in several`)
  }
  return lines.map(({ text: line, source = given, at: arrived = told }, i) => ({
    ...(line.length > maxLine
      ? { text: beginOf(line, maxLine), cut: true as const }
      : { text: line }),
    ...{ source, arrived, position: positionOf(offset, i), offset },
    at: recorded,
    ...(key !== undefined && { key }),
  }))
}

/** As `linesOf`, for those who read with one limit. */
export const linesWithin =
  (maxLine: number) =>
  (message: RawMessage, topic: string): KafkaLine[] | Unreadable =>
    linesOf(message, topic, maxLine)

/** A string of its own: a piece would keep the whole line in memory as long as it is kept. */
const beginOf = (line: string, length: number): string =>
  Buffer.from(line.slice(0, length), 'utf16le').toString('utf16le')

export const isUnreadable = <T>(read: T[] | Unreadable): read is Unreadable => !Array.isArray(read)

const textOf = (bytes: Buffer): string | undefined => {
  // Most logs are ASCII, for which this is much faster.
  const text = bytes.toString('latin1')
  if (!/[\x80-\xff]/.test(text)) return text
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const headerOf = (headers: IHeaders, name: string): string | undefined => {
  const value = headers[name]
  if (value === undefined) return undefined
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' || first === undefined ? first : textOf(first)
}

/** A line end at the end begins no line. */
const splitItem = (item: Item): Item[] => {
  if (!item.text.includes('\n')) return [item]
  const texts = item.text.split(/\r?\n/)
  if (texts.at(-1) === '') texts.pop()
  return texts.map(text => ({ ...item, text }))
}

interface Item {
  text: string
  source?: string
  /** Epoch ms. */
  at?: number
}

/** Undefined for JSON that is a line by itself, or none; a text says what is wrong. */
const itemsOf = (text: string): Item[] | string | undefined => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(value)) return undefined
  const { logs } = value
  if (!Array.isArray(logs)) {
    const one = itemOf(value)
    return one && [one]
  }
  const source = isSource(value.source) ? { source: value.source } : {}
  const items = logs.map(each =>
    typeof each === 'string'
      ? { text: each }
      : isRecord(each)
        ? (itemOf(each) ?? { text: JSON.stringify(each) })
        : undefined,
  )
  const odd = items.indexOf(undefined)
  if (odd >= 0) return `logs[${odd}] is neither text nor an object`
  return (items as Item[]).map(item => ({ ...source, ...item }))
}

/** Members beside these are part of the line: programs that log JSON have a message, too. */
const KNOWN = new Set(['log', 'message', 'source', 'timestamp', 'attributes'])

const itemOf = (value: Record<string, unknown>): Item | undefined => {
  for (const name in value) if (!KNOWN.has(name)) return undefined
  const { log, message, source, timestamp } = value
  const text = log ?? message
  if (typeof text !== 'string' || (log !== undefined && message !== undefined)) return undefined
  const at = timeOf(timestamp)
  return { text, ...(isSource(source) && { source }), ...(at !== undefined && { at }) }
}

const isSource = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MOST_SOURCE

/** Epoch ms, or a time in words, that a Date can hold. */
const timeOf = (value: unknown): number | undefined => {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const at = new Date(value).getTime()
  return Number.isNaN(at) ? undefined : at
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
