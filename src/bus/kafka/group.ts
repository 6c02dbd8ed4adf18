import type { Batch } from 'kafkajs'
import { LogbertError } from '../../core/errors.ts'
import type { KafkaClient } from './client.ts'
import { kafkaFault } from './fault.ts'
import { createFetchCount } from './fetch-count.ts'
import type { KafkaLine, RawMessage, Unreadable } from './format.ts'
import { createPartition, type FetchedBatch, type PartitionFeed } from './partition.ts'
import { leadersOf, placesOf } from './places.ts'
import { within } from './within.ts'

/** What a group has committed in a partition. */
export interface Commit {
  /** Offset to go on from. */
  next: number
  /** Of who committed, 4,000 bytes at most; Kafka keeps it beside the offset. */
  note: string
}

/** Lines of whole messages, in order. */
export interface Taken<T = KafkaLine> {
  lines: T[]
  /** Messages among them that could not be read. */
  bad: Unreadable[]
  /** Offset of the message after the last. */
  next: number
  /** Whether nothing stood behind them when they were fetched. */
  atEnd: boolean
}

/** A partition while it is ours. */
export interface OwnedPartition<T = KafkaLine> {
  readonly partition: number
  /** What the group had committed when it became ours; undefined when nothing ever. */
  readonly committed: Commit | undefined
  /** First offset that is still there, and the one behind the last, when it became ours. */
  readonly start: number
  readonly end: number
  /** Offset behind the last message, as far as known. */
  latestEnd(): number
  /** False from the moment it is not ours: nothing may be published for it then. */
  readonly owned: boolean
  /** Whether all there is has been taken, by a broker that answers. */
  readonly atEnd: boolean
  /** Begins to read here; to be called before the first `take`, and to go back. */
  seek(offset: number): void
  /** About `most` lines, by whole messages; waits up to `ms` for the first, then gives undefined. */
  take(most: number, ms: number): Promise<Taken<T> | undefined>
  /** @throws LogbertError CONFLICT when it is not ours any more, LIMIT when no broker answers */
  commit(next: number, note: string): Promise<void>
}

export interface GroupEvents<T = KafkaLine> {
  assigned(partition: OwnedPartition<T>): void
  lost(partition: number): void
  /** All partitions of a rebalance have been given. */
  joined(partitions: readonly number[]): void
  /** No broker answers, or the group refuses us: it is tried again. */
  failed(error: LogbertError): void
  /** How long a commit took, seconds. */
  committed?(seconds: number): void
  /** Messages that retention took before they were read. */
  gone?(partition: number, messages: number): void
}

/** What is read of a message. */
export type ReadMessage<T> = (message: RawMessage, topic: string) => T[] | Unreadable

export interface GroupOptions<T = KafkaLine> {
  topic: string
  groupId: string
  read: ReadMessage<T>
}

export interface GroupMember {
  /** Resolves when others may have what was ours. */
  leave(): Promise<void>
}

const AGAIN_MS = 2_000
const WAIT_MS = 200
/** A consumer may not end by itself after its broker was away. */
const LEAVE_MS = 5_000
const REBALANCE_MS = 30_000
/** One that hears nothing for so long, though it asks all the time, has got stuck. */
const DEAF_MS = REBALANCE_MS + 30_000
const LOOK_MS = 30_000
const COMMIT_TRIES = 5
const COMMIT_AGAIN_MS = 200

/**
 * Joins a group on one topic and keeps in it, whatever happens to brokers and others, until `leave`.
 * Each rebalance gives all partitions anew.
 */
export const joinGroup = <T>(
  client: KafkaClient,
  options: GroupOptions<T>,
  events: GroupEvents<T>,
): GroupMember => {
  let left = false
  let member: { stop(): Promise<void> } | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  const begin = (): void => {
    member = runMember(client, options, events, error => {
      if (left) return
      events.failed(error)
      void member?.stop()
      again = setTimeout(begin, AGAIN_MS)
    })
  }
  begin()
  return {
    async leave() {
      left = true
      clearTimeout(again)
      await within(LEAVE_MS, member?.stop())
    },
  }
}

const runMember = <T>(
  client: KafkaClient,
  { topic, groupId, read }: GroupOptions<T>,
  events: GroupEvents<T>,
  crashed: (error: LogbertError) => void,
): { stop(): Promise<void> } => {
  const { kafka, settings, about } = client
  const sessionTimeout = Math.round(1000 * settings.sessionTimeoutSeconds)
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout,
    rebalanceTimeout: Math.max(sessionTimeout, REBALANCE_MS),
    heartbeatInterval: Math.max(100, Math.min(3_000, Math.floor(sessionTimeout / 4))),
    maxWaitTimeInMs: WAIT_MS,
    maxBytesPerPartition: settings.maxFetchBytes,
    maxBytes: Math.max(32 << 20, settings.maxFetchBytes),
    allowAutoTopicCreation: false,
    metadataMaxAge: 60_000,
    // A crash ends this member: another one begins.
    retry: { retries: 12, maxRetryTime: 1_000, restartOnFailure: async () => false },
  })
  let feeds = new Map<number, PartitionFeed<T>>()
  /** Counts assignments. */
  let generation = 0
  let running = true
  const fetches = createFetchCount()
  let heard = performance.now()
  /** Commits once, without kafkajs' repetition, which might be under another generation. */
  let commitOnce: CommitOnce | undefined

  const watch = setInterval(() => {
    if (performance.now() - heard > Math.max(DEAF_MS, 3 * sessionTimeout)) {
      fail(
        new Error(`it has heard nothing for ${Math.round((performance.now() - heard) / 1000)} s`),
      )
    }
  }, 5_000)

  const findLeaders = async (): Promise<void> => {
    for (const [partition, leader] of await leadersOf(client, topic)) {
      fetches.place(partition, leader)
    }
  }
  /** They may move with nothing said. */
  const look = setInterval(() => void findLeaders().catch(() => undefined), LOOK_MS)
  const fail = (error: unknown): void => {
    if (!running) return
    running = false
    clearInterval(watch)
    clearInterval(look)
    loseAll()
    crashed(kafkaFault(`reading ${topic} as ${groupId}`, about, error))
  }
  /** It throws while it ends by itself. */
  const safely = (work: () => void): void => {
    try {
      if (running) work()
    } catch {}
  }
  const pause = (partitions: readonly number[]): void =>
    safely(() => consumer.pause([{ topic, partitions: [...partitions] }]))
  const resume = (partition: number): void =>
    safely(() => consumer.resume([{ topic, partitions: [partition] }]))
  const loseAll = (): void => {
    generation++
    const old = feeds
    feeds = new Map()
    pause([...old.keys()])
    for (const [partition, feed] of old) {
      feed.lose()
      events.lost(partition)
    }
  }
  const assign = async (partitions: readonly number[]): Promise<void> => {
    loseAll()
    const mine = generation
    if (partitions.length === 0) return events.joined([])
    pause(partitions)
    const [places] = await Promise.all([
      placesOf(client, topic, groupId, partitions),
      findLeaders(),
    ])
    if (mine !== generation || !running) return
    for (const partition of partitions) {
      const place = places.get(partition)!
      let latest = place.committed
      const feed: PartitionFeed<T> = createPartition<T>({
        ...{ partition, ...place },
        read: message => read(message, topic),
        fetches: () => fetches.of(partition),
        seek(offset) {
          safely(() => consumer.seek({ topic, partition, offset: `${offset}` }))
          resume(partition)
        },
        pause: () => pause([partition]),
        resume: () => resume(partition),
        async commit(next, note) {
          await commit(feed, { next, note })
          latest = { next, note }
        },
        restore: () => {
          if (latest !== undefined) commit(feed, latest).catch(() => undefined)
        },
        gone: messages => events.gone?.(partition, messages),
        cut: (wanted, from) =>
          client.note(
            `${topic}/${partition} ends before offset ${wanted}, which it once had: it was made anew, ` +
              `or cut by an unclean election; it is read from offset ${from}`,
          ),
      })
      feeds.set(partition, feed)
    }
    for (const feed of feeds.values()) events.assigned(feed.owned)
    events.joined(partitions)
  }
  const commit = async ({ owned }: PartitionFeed<T>, { next, note }: Commit): Promise<void> => {
    const { partition } = owned
    const start = performance.now()
    for (let tries = 1; ; tries++) {
      if (!owned.owned || !running) throw notOurs(topic, partition)
      try {
        const place = { partition, offset: `${next}`, metadata: note }
        if (commitOnce) await commitOnce({ topics: [{ topic, partitions: [place] }] })
        else await consumer.commitOffsets([{ topic, ...place }])
        break
      } catch (error) {
        if (isFenced(error)) {
          // It joins again by itself when it hears it, too.
          if (owned.owned) loseAll()
          throw notOurs(topic, partition)
        }
        if (tries === COMMIT_TRIES || (error as { retriable?: boolean }).retriable === false)
          throw kafkaFault(`committing in ${topic}`, about, error)
        await new Promise(resolve => setTimeout(resolve, COMMIT_AGAIN_MS * tries))
      }
    }
    // It says nothing when it has stopped meanwhile.
    if (!owned.owned || !running) throw notOurs(topic, partition)
    events.committed?.((performance.now() - start) / 1000)
  }
  const { GROUP_JOIN, CRASH, REQUEST, FETCH } = consumer.events
  consumer.on(GROUP_JOIN, ({ payload }) => {
    assign(payload.memberAssignment[topic] ?? []).catch(fail)
  })
  consumer.on(CRASH, ({ payload }) => fail(payload.error))
  consumer.on(REQUEST, ({ payload: { apiName, broker } }) => {
    heard = performance.now()
    if (apiName === 'Fetch') fetches.answered(broker)
  })
  consumer.on(FETCH, ({ payload }) => fetches.ended(payload.nodeId))
  const start = async (): Promise<void> => {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1000,
      async eachBatch({ batch, heartbeat, isStale, resolveOffset, ...more }) {
        commitOnce = more.commitOffsetsIfNecessary as CommitOnce
        const feed = feeds.get(batch.partition)
        // Not given out yet, or to be read from elsewhere: it is fetched again.
        if (feed === undefined || isStale()) return
        if (await feed.offer(fetchedBatch(batch), heartbeat)) resolveOffset(batch.lastOffset())
      },
    })
  }
  const started = start().catch(fail)
  return {
    async stop() {
      running = false
      clearInterval(watch)
      clearInterval(look)
      loseAll()
      await within(LEAVE_MS, started)
      await within(LEAVE_MS, consumer.disconnect())
    },
  }
}

const fetchedBatch = (batch: Batch): FetchedBatch => ({
  from: Number((batch as Batch & { fetchedOffset: string }).fetchedOffset),
  next: Number(batch.lastOffset()) + 1,
  end: Number(batch.highWatermark),
  messages: batch.messages,
})

/** kafkajs' types leave out the metadata. */
type CommitOnce = (offsets: {
  topics: {
    topic: string
    partitions: { partition: number; offset: string; metadata: string }[]
  }[]
}) => Promise<void>

const FENCED = /^(ILLEGAL_GENERATION|UNKNOWN_MEMBER_ID|REBALANCE_IN_PROGRESS|FENCED_INSTANCE_ID)$/

const isFenced = (error: unknown): boolean => {
  const { type, cause } = error as { type?: string; cause?: unknown }
  return FENCED.test(type ?? '') || (cause instanceof Error && isFenced(cause))
}

const notOurs = (topic: string, partition: number): LogbertError =>
  new LogbertError(
    'CONFLICT',
    `committing in ${topic}/${partition} failed: it is another member's by now`,
  )
