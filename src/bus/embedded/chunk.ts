import { Buffer } from 'node:buffer'
import { LogbertError } from '../../core/errors.ts'
import type { BusMessage, StoredMessage } from '../bus.ts'

/** What stands before the texts of a chunk, as one line of JSON. */
interface Header {
  /** Distinct [source] or [source, key]. */
  from: [source: string, key?: string][]
  /** Runs of messages that share all but the text, flat: index into `from`, arrived, how many. */
  runs: number[]
  /** The texts are a JSON array: one of them holds a line feed or half a surrogate pair. */
  json?: true
}

const LINE_FEED = 10
const encoder = new TextEncoder()

/**
 * Many messages as one piece of UTF-8: the header, then the texts, each on a line of its own. Any
 * string comes back as it was.
 */
export const encodeChunk = (messages: readonly BusMessage[]): Uint8Array => {
  const texts = messages.map(message => message.text)
  const header: Header = runsOf(messages)
  let body = texts.join('\n')
  if (!body.isWellFormed() || texts.some(text => text.includes('\n'))) {
    header.json = true
    body = JSON.stringify(texts)
  }
  return encoder.encode(`${JSON.stringify(header)}\n${body}`)
}

const runsOf = (messages: readonly BusMessage[]): Header => {
  const from: Header['from'] = []
  const runs: number[] = []
  /** Index into `from` by source, then key. */
  const known = new Map<string, Map<string | undefined, number>>()
  const indexOf = ({ source, key }: BusMessage): number => {
    let keys = known.get(source)
    if (keys === undefined) {
      keys = new Map()
      known.set(source, keys)
    }
    const index = keys.get(key)
    if (index !== undefined) return index
    keys.set(key, from.length)
    return from.push(key === undefined ? [source] : [source, key]) - 1
  }
  let last: BusMessage | undefined
  for (const message of messages) {
    if (
      last !== undefined &&
      message.arrived === last.arrived &&
      message.source === last.source &&
      message.key === last.key
    ) {
      runs[runs.length - 1]!++
    } else runs.push(indexOf(message), message.arrived, 1)
    last = message
  }
  return { from, runs }
}

/**
 * The messages of a chunk whose first one has the offset `first`. Each text is a string of its own:
 * one that is kept does not keep the whole chunk in memory, as a piece cut out of it would.
 * @throws LogbertError BAD_INPUT for bytes that `encodeChunk` did not make
 */
export const decodeChunk = (
  { buffer, byteOffset, byteLength }: Uint8Array,
  first: number,
): StoredMessage[] => {
  const data = Buffer.from(buffer, byteOffset, byteLength)
  try {
    const end = data.indexOf(LINE_FEED)
    const header = JSON.parse(data.toString('utf8', 0, end)) as Header
    const texts = header.json
      ? (JSON.parse(data.toString('utf8', end + 1)) as string[])
      : textsOf(data, end + 1)
    return joinRuns(header, texts, first)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : `${cause}`
    throw new LogbertError(
      'BAD_INPUT',
      `reading the messages from offset ${first} on failed: what is stored is damaged (${why}); ` +
        'read on behind it, or restore the file of the bus',
      { cause },
    )
  }
}

const textsOf = (data: Buffer, start: number): string[] => {
  const texts: string[] = []
  let from = start
  for (let at = data.indexOf(LINE_FEED, from); at >= 0; at = data.indexOf(LINE_FEED, from)) {
    texts.push(data.toString('utf8', from, at))
    from = at + 1
  }
  texts.push(data.toString('utf8', from))
  return texts
}

const joinRuns = ({ from, runs }: Header, texts: string[], first: number): StoredMessage[] => {
  const messages: StoredMessage[] = []
  let at = 0
  for (let run = 0; run < runs.length; run += 3) {
    const [source, key] = from[runs[run]!]!
    const arrived = runs[run + 1]!
    for (const end = at + runs[run + 2]!; at < end; at++) {
      const text = texts[at]!
      messages.push(
        key === undefined
          ? { text, source, arrived, offset: first + at }
          : { text, source, arrived, key, offset: first + at },
      )
    }
  }
  if (at !== texts.length) throw new Error(`${texts.length} texts for ${at} messages`)
  return messages
}
