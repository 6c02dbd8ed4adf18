import { setImmediate as nextTurn } from 'node:timers/promises'
import { LogbertError } from '../../core/errors.ts'
import type { BusMessage } from '../bus.ts'
import { createAppend } from './append.ts'
import type { Backlog, Catalog } from './catalog.ts'
import { isBusy } from './fault.ts'
import type { BusFile } from './file.ts'
import { charsOf, cutPieces, type Piece } from './piece.ts'
import type { Writer } from './writer.ts'

/** Most characters that requests share a transaction with; a single one may have more. */
const TRANSACTION_CHARS = 1 << 20

/** Characters that may wait in memory for the disk. */
const QUEUE_CHARS = 64 << 20

/** Last time that there is, epoch ms. */
const LAST_TIME = 8.64e15

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

export interface PublisherDeps {
  file: BusFile
  writer: Writer
  catalog: Catalog
  limits: BacklogLimits
  /** Bytes that must stay free on the disk. */
  minFreeBytes: number
  /** Something new is stored. */
  stored(): void
}

/**
 * Stores what is published. Requests that come while a transaction is under way, or in the same
 * turn of the event loop, share the next one, and so one sync of the disk.
 */
export const createPublisher = (deps: PublisherDeps): Publisher => {
  const { file, writer, catalog, limits, minFreeBytes } = deps
  const append = createAppend(file)
  const refused: Refused = { backlog: 0, disk: 0, busy: 0 }
  let queue: Request[] = []
  let queuedChars = 0
  let running: Promise<void> | undefined

  const refuse = (request: Request, reason: keyof Refused, error: unknown): void => {
    refused[reason] += request.messages.length
    request.done.reject(error)
  }
  const takeGroup = (): Request[] => {
    let chars = queue[0]!.chars
    let count = 1
    for (; count < queue.length; count++) {
      const more = queue[count]!.chars
      if (chars + more > TRANSACTION_CHARS) break
      chars += more
    }
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
  const checkRoom = (group: readonly Request[]): void => {
    const free = file.freeBytes()
    if (free >= minFreeBytes) return
    throw new LogbertError(
      'LIMIT',
      `storing ${countOf(group)} messages failed: the disk of ${file.file} has ${number(free)} ` +
        `bytes left, and ${number(minFreeBytes)} must stay free so that reading and retention go ` +
        'on; free space or let retention keep less, then send them again',
    )
  }
  const writeGroup = async (group: Request[]): Promise<void> => {
    const byTopic = Map.groupBy(group, request => request.topic)
    const pieces = new Map<string, Piece[]>()
    for (const [topic, requests] of byTopic) {
      pieces.set(topic, cutPieces(requests.map(({ messages }) => messages)))
    }
    let bytes = 0
    await writer.write(`storing ${countOf(group)} messages`, () => {
      for (const [topic, list] of pieces) bytes += append(topic, list)
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
        checkRoom(admitted)
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
        refuse(request, 'busy', tooSlow(request, queuedChars, file.file))
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

const countOf = (group: readonly Request[]): number =>
  group.reduce((sum, { messages }) => sum + messages.length, 0)

/** @returns characters of all messages */
const checkMessages = (messages: readonly BusMessage[]): number => {
  let chars = 0
  for (const message of messages) {
    chars += charsOf(message)
    if (Math.abs(message.arrived) <= LAST_TIME) continue
    throw new LogbertError(
      'BAD_INPUT',
      `publishing a message that arrived at ${message.arrived} failed: give ms since 1970`,
    )
  }
  return chars
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
