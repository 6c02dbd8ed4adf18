import { setImmediate as nextTurn } from 'node:timers/promises'
import { LogbertError } from '../../core/errors.ts'
import type { BusMessage } from '../bus.ts'
import type { Backlog, Catalog, TopicRow } from './catalog.ts'
import { encodeChunk } from './chunk.ts'
import { isBusy } from './fault.ts'
import type { BusFile } from './file.ts'
import type { Writer } from './writer.ts'

/** Most that a chunk holds; one line that is longer has a chunk of its own. */
const CHUNK_LINES = 4096
const CHUNK_CHARS = 256 << 10

/** Characters from which on waiting requests go into the next transaction. */
const TRANSACTION_CHARS = 1 << 20

/** Characters that may wait in memory for the disk. */
const QUEUE_CHARS = 64 << 20

/** Messages refused, by reason: consumers too far behind; disk full or failing; file locked or slow. */
export type Refused = Record<'backlog' | 'disk' | 'busy', number>

export interface BacklogLimits {
  /** Messages. */
  messages: number
  bytes: number
}

export interface Publisher {
  publish(topic: string, messages: readonly BusMessage[]): Promise<void>
  readonly refused: Refused
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>
}

interface Request {
  topic: string
  messages: readonly BusMessage[]
  chars: number
  done: PromiseWithResolvers<void>
}

interface Piece {
  count: number
  data: Uint8Array
  earliest: number
  latest: number
}

export interface PublisherDeps {
  file: BusFile
  writer: Writer
  catalog: Catalog
  limits: BacklogLimits
  /** Something new is stored. */
  stored(): void
}

/**
 * Stores what is published. Requests that come while a transaction is under way, or in the same
 * turn of the event loop, share the next one, and so one sync of the disk.
 */
export const createPublisher = (deps: PublisherDeps): Publisher => {
  const { writer, catalog, limits } = deps
  const store = createStore(deps.file)
  const refused: Refused = { backlog: 0, disk: 0, busy: 0 }
  let queue: Request[] = []
  let queuedChars = 0
  let running: Promise<void> | undefined

  const refuse = (request: Request, reason: keyof Refused, error: unknown): void => {
    refused[reason] += request.messages.length
    request.done.reject(error)
  }
  const takeGroup = (): Request[] => {
    let chars = 0
    let count = 0
    while (count < queue.length && chars < TRANSACTION_CHARS) chars += queue[count++]!.chars
    queuedChars -= chars
    const group = queue.slice(0, count)
    queue = queue.slice(count)
    return group
  }
  /** Those that the slowest consumer's backlog leaves room for. */
  const admit = (group: Request[]): Request[] => {
    const backlogs = new Map<string, Backlog>()
    return group.filter(request => {
      const { topic, messages, chars } = request
      let backlog = backlogs.get(topic)
      if (backlog === undefined) {
        const row = catalog.topic(topic)
        backlog = row ? catalog.backlog(row) : { messages: 0, bytes: 0 }
        backlogs.set(topic, backlog)
      }
      const fits =
        backlog.messages + messages.length <= limits.messages &&
        backlog.bytes + chars <= limits.bytes
      if (fits) {
        backlog.messages += messages.length
        backlog.bytes += chars
      } else refuse(request, 'backlog', tooFarBehind(request, backlog, limits))
      return fits
    })
  }
  const writeGroup = async (group: Request[]): Promise<void> => {
    const byTopic = Map.groupBy(group, request => request.topic)
    const pieces = new Map<string, Piece[]>()
    for (const [topic, requests] of byTopic) pieces.set(topic, piecesOf(requests))
    let bytes = 0
    const count = group.reduce((sum, { messages }) => sum + messages.length, 0)
    await writer.write(`storing ${count} messages`, () => {
      for (const [topic, list] of pieces) bytes += store(topic, list)
    })
    for (const { done } of group) done.resolve()
    deps.stored()
    writer.wrote(bytes)
  }
  const run = async (): Promise<void> => {
    do {
      // Lets in what comes in this turn, and lets others have theirs.
      await nextTurn()
      const group = takeGroup()
      let admitted = group
      try {
        admitted = admit(group)
        if (admitted.length > 0) await writeGroup(admitted)
      } catch (error) {
        const reason = isBusy((error as Error).cause) ? 'busy' : 'disk'
        for (const request of admitted) refuse(request, reason, error)
      }
    } while (queue.length > 0)
    running = undefined
  }
  return {
    async publish(topic, messages) {
      const chars = checkMessages(messages)
      if (messages.length === 0) return
      const request = { topic, messages, chars, done: Promise.withResolvers<void>() }
      if (queuedChars > 0 && queuedChars + chars > QUEUE_CHARS) {
        refuse(request, 'busy', tooSlow(request, queuedChars, deps.file.file))
      } else {
        queue.push(request)
        queuedChars += chars
        running ??= run()
      }
      return request.done.promise
    },
    refused,
    drained: async () => running,
  }
}

/** @returns characters of all texts */
const checkMessages = (messages: readonly BusMessage[]): number => {
  let chars = 0
  for (const { text, arrived } of messages) {
    chars += text.length
    if (!Number.isFinite(arrived)) {
      throw new LogbertError(
        'BAD_INPUT',
        `publishing a message that arrived at ${arrived} failed: give a number of ms since 1970`,
      )
    }
  }
  return chars
}

const piecesOf = (requests: readonly Request[]): Piece[] => {
  const pieces: Piece[] = []
  let open: BusMessage[] = []
  let chars = 0
  const cut = (): void => {
    if (open.length > 0) pieces.push(pieceOf(open))
    open = []
    chars = 0
  }
  for (const { messages } of requests) {
    for (const message of messages) {
      const size = message.text.length
      if (open.length === CHUNK_LINES || chars + size > CHUNK_CHARS) cut()
      open.push(message)
      chars += size
    }
  }
  cut()
  return pieces
}

const pieceOf = (messages: readonly BusMessage[]): Piece => {
  let earliest = Number.POSITIVE_INFINITY
  let latest = Number.NEGATIVE_INFINITY
  for (const { arrived } of messages) {
    if (arrived < earliest) earliest = arrived
    if (arrived > latest) latest = arrived
  }
  return {
    count: messages.length,
    data: encodeChunk(messages),
    earliest: Math.floor(earliest),
    latest: Math.ceil(latest),
  }
}

/** Appends chunks to a topic inside a transaction; returns their bytes. */
const createStore = ({ writer: db }: BusFile) => {
  const addTopic = db.prepare('INSERT INTO topic (name) VALUES (?) ON CONFLICT DO NOTHING')
  const findTopic = db.prepare('SELECT id, next, bytes FROM topic WHERE name = ?')
  const addBody = db.prepare('INSERT INTO body (data) VALUES (?)')
  const addChunk = db.prepare('INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  const moveEnd = db.prepare('UPDATE topic SET next = ?, bytes = ? WHERE id = ?')
  return (name: string, pieces: readonly Piece[]): number => {
    addTopic.run(name)
    const topic = findTopic.get(name) as unknown as TopicRow
    let { next, bytes } = topic
    for (const { count, data, earliest, latest } of pieces) {
      const body = addBody.run(data).lastInsertRowid
      addChunk.run(topic.id, next, count, data.length, bytes, earliest, latest, body)
      next += count
      bytes += data.length
    }
    moveEnd.run(next, bytes, topic.id)
    return bytes - topic.bytes
  }
}

const number = (value: number): string => Math.round(value).toLocaleString('en')

const tooFarBehind = (
  { topic, messages }: Request,
  backlog: Backlog,
  limits: BacklogLimits,
): LogbertError => {
  const who =
    backlog.group === undefined
      ? 'no group has read the topic, and it holds'
      : `the group ${JSON.stringify(backlog.group)} has still to read`
  return new LogbertError(
    'LIMIT',
    `publishing ${messages.length} messages to ${topic} failed: ${who} ` +
      `${number(backlog.messages)} messages of ${number(backlog.bytes)} bytes, and at most ` +
      `${number(limits.messages)} messages of ${number(limits.bytes)} bytes may wait; send them ` +
      'again later and see that what reads them runs, or forget a group that is gone',
  )
}

const tooSlow = ({ topic, messages }: Request, waiting: number, file: string): LogbertError =>
  new LogbertError(
    'LIMIT',
    `publishing ${messages.length} messages to ${topic} failed: ${number(waiting)} characters ` +
      `wait already until ${file} takes them; send them again later`,
  )
