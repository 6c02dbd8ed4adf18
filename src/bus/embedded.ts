import { LogbertError } from '../core/errors.ts'
import type { Bus, BusBatch, ReadRange } from './bus.ts'
import { type Backlog, type Catalog, createCatalog } from './embedded/catalog.ts'
import { decodeChunk } from './embedded/chunk.ts'
import { createConsumer } from './embedded/consumer.ts'
import { createFetcher } from './embedded/fetcher.ts'
import { openBusFile } from './embedded/file.ts'
import { createProgress } from './embedded/progress.ts'
import { type BacklogLimits, createPublisher, type Refused } from './embedded/publisher.ts'
import { createRetention, type Retained, type RetainRules } from './embedded/retention.ts'
import { createSleepers } from './embedded/sleepers.ts'
import { createWriter } from './embedded/writer.ts'

export type { Backlog, BacklogLimits, Refused, Retained, RetainRules }

export interface EmbeddedBusOptions {
  /** Path of the database file; it is made when there is none, its folder is not. */
  file: string
  /**
   * What may wait for the slowest group of a topic before `publish` refuses; counted from the oldest
   * message where no group has subscribed yet. 5 million messages, 2 GiB when absent.
   */
  maxBacklog?: Partial<BacklogLimits>
  /** Most that the file may grow to, bytes, the write-ahead log aside; no bound when absent. */
  maxFileBytes?: number
  /**
   * Bytes that `publish` leaves free on the disk, so that a full one does not stop those who read
   * and remove; 64 MiB when absent.
   */
  minFreeBytes?: number
  /** Characters of messages that `fetch` keeps decoded; 4 Mi when absent. */
  cacheChars?: number
}

export interface EmbeddedBus extends Bus {
  /**
   * Removes messages that are too old or too many, whole chunks of at most 4096 messages at a time,
   * oldest first, up to the first that may stay or that a group of its topic has not committed.
   */
  retain(rules: RetainRules): Promise<Retained>
  /** A group that is gone for good: nothing waits for it any more. False when there was none. */
  forget(topic: string, group: string): Promise<boolean>
  /** What waits for the slowest group of a topic. */
  backlog(topic: string): Backlog
  /** Messages that were refused since it was opened, by reason. */
  readonly refused: Readonly<Refused>
}

const PARTITION = 0
const CACHE_CHARS = 4 << 20
const BACKLOG: BacklogLimits = { messages: 5_000_000, bytes: 2 ** 31 }
const MIN_FREE_BYTES = 64 << 20
const NAME = /^[A-Za-z0-9._-]{1,249}$/

/**
 * The bus of one machine: a SQLite file, each topic one partition. Threads and processes may open
 * the same file, each for itself. What is published is on the disk when its promise resolves.
 *
 * SQLite works on the calling thread: a transaction of up to 1 MiB takes it a few ms, nearly all of
 * it the sync of the disk. Requests are put together up to that size; a single larger `publish` is
 * one transaction still, so split what need not be all or none.
 * @throws LogbertError BAD_INPUT for a file of another program or a newer version
 */
export const createEmbeddedBus = (options: EmbeddedBusOptions): EmbeddedBus => {
  const file = openBusFile(options.file, options.maxFileBytes)
  const catalog = createCatalog(file)
  const writer = createWriter(file)
  const progress = createProgress({ file, writer, catalog })
  const fetcher = createFetcher(catalog, options.cacheChars ?? CACHE_CHARS)
  const retain = createRetention({ file, writer, catalog })
  const sleepers = createSleepers()
  const publisher = createPublisher({
    file,
    writer,
    catalog,
    limits: { ...BACKLOG, ...options.maxBacklog },
    minFreeBytes: options.minFreeBytes ?? MIN_FREE_BYTES,
    stored: sleepers.wake,
  })
  let closing: Promise<void> | undefined

  const checkOpen = (doing: string): void => {
    if (closing === undefined) return
    throw new LogbertError('CANCELLED', `${doing} failed: ${options.file} is closed; open it again`)
  }
  return {
    about: `embedded bus ${options.file}`,
    async publish(topic, messages) {
      checkOpen(`publishing to ${topic}`)
      checkName('topic', topic)
      await publisher.publish(topic, messages)
    },
    async subscribe(topic, group, from) {
      checkOpen(`subscribing to ${topic}`)
      checkName('topic', topic)
      checkName('group', group)
      const at = await progress.begin(topic, group, from?.get(PARTITION))
      return createConsumer({
        catalog,
        writer,
        topic,
        at,
        commit: next => progress.commit(topic, group, next),
        pause: sleepers.pause,
        closed: () => closing !== undefined,
      })
    },
    read(topic, range) {
      checkOpen(`reading ${topic}`)
      return readRange(catalog, topic, range)
    },
    async fetch(topic, partition, offsets) {
      checkOpen(`reading ${topic}`)
      return fetcher.fetch(topic, partition === PARTITION ? offsets : offsets.map(() => -1))
    },
    async lag(topic, group) {
      checkOpen(`reading ${topic}`)
      const row = catalog.topic(topic)
      const committed = row ? progress.committed(row, group) : 0
      return [{ partition: PARTITION, end: row?.next ?? 0, committed }]
    },
    async retain(rules) {
      checkOpen('removing old messages')
      const gone = await retain(rules)
      fetcher.forget()
      return gone
    },
    async forget(topic, group) {
      checkOpen(`forgetting the group ${group}`)
      return progress.forget(topic, group)
    },
    backlog(topic) {
      checkOpen(`reading ${topic}`)
      const row = catalog.topic(topic)
      return row ? catalog.backlog(row) : { messages: 0, bytes: 0 }
    },
    refused: publisher.refused,
    close() {
      closing ??= publisher
        .drained()
        .then(writer.idle)
        .then(() => {
          sleepers.wake()
          file.close()
        })
      return closing
    },
  }
}

const checkName = (what: string, name: string): void => {
  if (NAME.test(name)) return
  throw new LogbertError(
    'BAD_INPUT',
    `using the ${what} ${JSON.stringify(name)} failed: use 1 to 249 letters, digits, '.', '_' or '-'`,
  )
}

async function* readRange(
  catalog: Catalog,
  topic: string,
  range: ReadRange,
): AsyncGenerator<BusBatch> {
  const row = catalog.topic(topic)
  if (row === undefined || range.partition !== PARTITION) return
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = range
  const to = Math.min(range.to ?? row.next, row.next)
  let from = Math.max(0, range.from ?? 0)
  while (from < to) {
    const chunk = catalog.fullChunk(row.id, { ...range, from, to })
    if (chunk === undefined) return
    const messages = decodeChunk(chunk.data, chunk.first).filter(
      ({ offset, arrived }) => offset >= from && offset < to && arrived >= since && arrived < until,
    )
    from = chunk.first + chunk.count
    if (messages.length > 0)
      yield { partition: PARTITION, messages, next: messages.at(-1)!.offset + 1 }
  }
}
