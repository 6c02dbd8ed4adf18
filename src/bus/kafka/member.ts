import type { Batch } from 'kafkajs'
import type { LogbertError } from '../../core/errors.ts'
import type { KafkaClient } from './client.ts'
import { type CommitOnce, createCommitter } from './commits.ts'
import { kafkaFault } from './fault.ts'
import { createFetchCount } from './fetch-count.ts'
import type { GroupEvents, GroupOptions } from './group.ts'
import { createPartition, type FetchedBatch, type PartitionFeed } from './partition.ts'
import { leadersOf, placesOf } from './places.ts'
import { within } from './within.ts'

const WAIT_MS = 200
const END_MS = 5_000
const REBALANCE_MS = 30_000
/** One that hears nothing for so long, though it asks all the time, has got stuck. */
const DEAF_MS = REBALANCE_MS + 30_000
const WATCH_MS = 5_000
const LOOK_MS = 30_000

/** A member of a group until it fails. @param crashed told once, then it is over */
export const runMember = <T>(
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
  let commitOnce: CommitOnce | undefined

  const watch = setInterval(() => {
    if (performance.now() - heard > Math.max(DEAF_MS, 3 * sessionTimeout)) {
      fail(
        new Error(`it has heard nothing for ${Math.round((performance.now() - heard) / 1000)} s`),
      )
    }
  }, WATCH_MS)

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
      /** One after the other: what is written again must be the latest. */
      let turn: Promise<unknown> = Promise.resolve()
      const inTurn = (work: () => Promise<void> | undefined): Promise<void> => {
        const done = turn.then(work)
        turn = done.catch(() => undefined)
        return done
      }
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
        commit: (next, note) =>
          inTurn(async () => {
            await commit(feed.owned, { next, note })
            latest = { next, note }
          }),
        restore: () => {
          inTurn(() => latest && commit(feed.owned, latest)).catch(() => undefined)
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
  const commit = createCommitter({
    ...{ topic, about },
    running: () => running,
    once: ({ topic: name, ...place }) =>
      commitOnce
        ? commitOnce({ topics: [{ topic: name, partitions: [place] }] })
        : consumer.commitOffsets([{ topic: name, ...place }]),
    // It joins again by itself when it hears it, too.
    fenced: loseAll,
    took: seconds => events.committed?.(seconds),
  })
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
      await within(END_MS, started)
      await within(END_MS, consumer.disconnect())
    },
  }
}

const fetchedBatch = (batch: Batch): FetchedBatch => ({
  from: Number((batch as Batch & { fetchedOffset: string }).fetchedOffset),
  next: Number(batch.lastOffset()) + 1,
  end: Number(batch.highWatermark),
  messages: batch.messages,
})
