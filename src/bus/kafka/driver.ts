import { LogbertError } from '../../core/errors.ts'
import type { Bus, BusBatch, BusConsumer, BusMessage, ReadRange, StoredMessage } from '../bus.ts'
import type { KafkaClient } from './client.ts'
import { kafkaFault } from './fault.ts'
import { ARRIVED, type KafkaLine, linesOf, PLAIN, SOURCE } from './format.ts'
import { joinGroup, type OwnedPartition, type Taken } from './group.ts'
import { indexOf, offsetOf, positionOf } from './position.ts'
import { checkTopic, createKafkaProducer, type KafkaRecord } from './producer.ts'
import { createRangeReader, type RangeReader } from './range-reader.ts'
import { ensureTopics } from './topics.ts'

/** Messages so near to each other are fetched together. */
const NEAR = 500
const LOOK_MS = 5
const JOIN_MS = 30_000

/**
 * Kafka as a bus: messages that others wrote come line by line, and the offset of a line is its
 * position (see `positionOf`). Topics that are published to are made where they are missing.
 */
export const createKafkaBus = (client: KafkaClient): Bus => {
  const { about, settings } = client
  const producer = createKafkaProducer(client)
  const made = new Map<string, Promise<unknown>>()
  const readers = new Map<string, RangeReader<KafkaLine>>()
  const consumers = new Set<BusConsumer>()
  const publishing = new Set<Promise<unknown>>()
  let closed = false

  const make = (topic: string): Promise<unknown> => {
    let making = made.get(topic)
    if (making === undefined) {
      making = ensureTopics(client, [{ name: topic, partitions: settings.partitions }])
      made.set(topic, making)
      making.catch(() => made.delete(topic))
    }
    return making
  }
  /** Undefined for a topic that there is not. */
  const endsOf = async (topic: string): Promise<PartitionEnds | undefined> => {
    try {
      const admin = await client.admin()
      // It would ask for long about a topic that is not there.
      if (!made.has(topic) && !(await admin.listTopics()).includes(topic)) return undefined
      const ends = await admin.fetchTopicOffsets(topic)
      return new Map(
        ends.map(({ partition, low, high }) => [
          partition,
          { low: Number(low), high: Number(high) },
        ]),
      )
    } catch (error) {
      if (isUnknownTopic(error)) return undefined
      throw kafkaFault(`looking at ${topic}`, about, error)
    }
  }
  const readerOf = (topic: string): RangeReader<KafkaLine> => {
    const reader = readers.get(topic) ?? createRangeReader(client, topic, linesOf)
    readers.set(topic, reader)
    return reader
  }
  /** Whether a line, or the one before it, is there. */
  const isPlace = async (topic: string, partition: number, position: number): Promise<boolean> => {
    const end = (await endsOf(topic))?.get(partition)
    if (end === undefined || !(position >= 0)) return false
    const offset = offsetOf(position, end.high)
    if (offset < 0 || offset > end.high) return false
    const index = indexOf(position)
    if (index === 0) return true
    if (offset === end.high) return false
    let count = 0
    for await (const lines of readerOf(topic).read(partition, offset, offset + 1)) {
      count += lines.filter(line => line.offset === offset).length
    }
    return index <= count
  }
  return {
    about,
    async publish(topic, messages) {
      checkTopic(topic)
      for (const { arrived } of messages) checkTime(arrived)
      if (closed)
        throw new LogbertError('CANCELLED', `publishing to ${topic} failed: it was closed`)
      if (messages.length === 0) return
      const work = make(topic).then(() =>
        producer.publish(topic, messages.map(recordOf(Date.now()))),
      )
      publishing.add(work)
      await work.finally(() => publishing.delete(work))
    },
    async subscribe(topic, group, from) {
      checkTopic(topic)
      await make(topic)
      for (const [partition, position] of from ?? []) {
        if (await isPlace(topic, partition, position)) continue
        throw new LogbertError(
          'CONFLICT',
          `subscribing to ${topic}/${partition} from ${position} failed: ${about} has no such place; ` +
            'what gave it was another bus',
        )
      }
      const consumer = await subscribe(client, topic, group, from, (partition, position) =>
        isPlace(topic, partition, position),
      )
      consumers.add(consumer)
      return consumer
    },
    read: (topic, range) => readRange(client, endsOf, readerOf, checkTopic(topic), range),
    async fetch(topic, partition, offsets) {
      const end = (await endsOf(checkTopic(topic)))?.get(partition)
      if (end === undefined) return offsets.map(() => undefined)
      const found = new Map<number, StoredMessage>()
      const wanted = offsets.filter(offset => offset >= 0).map(each => offsetOf(each, end.high))
      for (const [first, last] of runsOf(wanted, end)) {
        for await (const lines of readerOf(topic).read(partition, first, last + 1)) {
          for (const line of lines) found.set(line.position, messageOf(line))
        }
      }
      return offsets.map(offset => found.get(offset))
    },
    async lag(topic, group) {
      const ends = await endsOf(checkTopic(topic))
      if (ends === undefined) return []
      try {
        const admin = await client.admin()
        const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
        const committed = new Map(
          offsets?.partitions.map(({ partition, offset, metadata }) => [
            partition,
            Number(offset) + (Number(metadata) > 0 ? 1 : 0),
          ]),
        )
        return [...ends].map(([partition, { low, high }]) => ({
          ...{ partition, end: high },
          committed: Math.max(committed.get(partition) ?? 0, low),
        }))
      } catch (error) {
        throw kafkaFault(`looking at the group ${group}`, about, error)
      }
    },
    async close() {
      closed = true
      await Promise.allSettled([...publishing])
      await Promise.all([...consumers].map(consumer => consumer.close()))
      await Promise.all([...readers.values()].map(reader => reader.close()))
      await producer.close()
      await client.close()
    },
  }
}

type PartitionEnds = Map<number, { low: number; high: number }>

/**
 * The record's time is that of publishing: brokers refuse times far ahead of theirs, and who merges
 * partitions wants to know what was published first. When a line arrived is told beside.
 */
const recordOf =
  (now: number) =>
  ({ text, source, arrived, key }: BusMessage): KafkaRecord => ({
    value: text,
    timestamp: now,
    headers: {
      [SOURCE]: source,
      [PLAIN.name]: PLAIN.value,
      ...(arrived !== now && { [ARRIVED]: `${arrived}` }),
    },
    ...(key !== undefined && { key }),
  })

const messageOf = ({ text, source, arrived, key, position }: KafkaLine): StoredMessage => ({
  ...{ text, source, arrived, offset: position },
  ...(key !== undefined && { key }),
})

const checkTime = (arrived: number): void => {
  if (Number.isSafeInteger(arrived) && arrived >= 0 && arrived <= 8.64e15) return
  throw new LogbertError(
    'BAD_INPUT',
    `publishing failed: ${arrived} is no time; give whole milliseconds since 1970`,
  )
}

const isUnknownTopic = (error: unknown): boolean =>
  /UNKNOWN_TOPIC_OR_PARTITION/.test((error as { type?: string }).type ?? '')

/** Stretches that hold these offsets, each as long as it is worth reading on. */
const runsOf = (
  offsets: readonly number[],
  { low, high }: { low: number; high: number },
): [first: number, last: number][] => {
  const runs: [number, number][] = []
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    if (offset < low || offset >= high) continue
    const run = runs.at(-1)
    if (run !== undefined && offset - run[1] <= NEAR) run[1] = offset
    else runs.push([offset, offset])
  }
  return runs
}

async function* readRange(
  client: KafkaClient,
  endsOf: (topic: string) => Promise<PartitionEnds | undefined>,
  readerOf: (topic: string) => RangeReader<KafkaLine>,
  topic: string,
  { partition, from = 0, to = Infinity, since = -Infinity, until = Infinity }: ReadRange,
): AsyncGenerator<BusBatch> {
  const end = (await endsOf(topic))?.get(partition)
  if (end === undefined) return
  const last = to === Infinity ? end.high : Math.min(end.high, offsetOf(to, end.high) + 1)
  let first = from === 0 ? end.low : Math.max(end.low, offsetOf(from, end.high))
  if (since > 0) {
    const admin = await client.admin()
    const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, since)
    const found = offsets.find(each => each.partition === partition)
    // What stands before it is older.
    if (found !== undefined) first = Math.max(first, Number(found.offset))
  }
  if (first >= last) return
  for await (const lines of readerOf(topic).read(partition, first, last)) {
    const messages = lines
      .filter(({ position }) => position >= from && position < to)
      .filter(({ arrived }) => arrived >= since && arrived < until)
      .map(messageOf)
    if (messages.length > 0) yield { partition, messages, next: messages.at(-1)!.offset + 1 }
  }
}

/** A member of a group that commits positions: offset of the message, and lines of it as a note. */
const subscribe = async (
  client: KafkaClient,
  topic: string,
  groupId: string,
  from: ReadonlyMap<number, number> | undefined,
  isPlace: (partition: number, position: number) => Promise<boolean>,
): Promise<BusConsumer> => {
  const owned = new Map<number, OwnedPartition>()
  /** Lines that were fetched and not given yet, and where those that come begin. */
  const rest = new Map<number, Taken>()
  const skip = new Map<number, number>()
  const joined = Promise.withResolvers<void>()
  let closed = false
  const member = joinGroup(
    client,
    { topic, groupId, read: linesOf },
    {
      assigned(partition) {
        const { committed } = partition
        const position =
          from?.get(partition.partition) ??
          (committed && positionOf(committed.next, Number(committed.note) || 0))
        owned.set(partition.partition, partition)
        rest.delete(partition.partition)
        skip.set(partition.partition, position ?? 0)
        partition.seek(position === undefined ? partition.start : offsetOf(position, partition.end))
      },
      lost: partition => owned.delete(partition),
      joined: () => joined.resolve(),
      failed: error => joined.reject(error),
    },
  )
  const late = setTimeout(() => {
    joined.reject(new LogbertError('LIMIT', `joining ${groupId} took longer than ${JOIN_MS} ms`))
  }, JOIN_MS)
  try {
    await joined.promise
  } catch (error) {
    await member.leave()
    throw error
  } finally {
    clearTimeout(late)
  }
  const ready = async (most: number): Promise<BusBatch | undefined> => {
    for (const [partition, each] of owned) {
      const given = rest.get(partition) ?? (await each.take(most, 0))
      rest.delete(partition)
      if (given === undefined) continue
      const lines = given.lines.filter(({ position }) => position >= (skip.get(partition) ?? 0))
      if (lines.length > most) rest.set(partition, { ...given, lines: lines.slice(most) })
      const messages = lines.slice(0, most).map(messageOf)
      // Turns go round.
      owned.delete(partition)
      owned.set(partition, each)
      if (messages.length > 0) return { partition, messages, next: messages.at(-1)!.offset + 1 }
    }
    return undefined
  }
  return {
    async take(most, ms) {
      const until = performance.now() + ms
      for (;;) {
        if (closed) throw new LogbertError('CANCELLED', 'the consumer was closed')
        const batch = await ready(most)
        if (batch !== undefined) return batch
        if (performance.now() >= until) return undefined
        await new Promise(resolve => setTimeout(resolve, LOOK_MS))
        // One that waited gives nothing when it is closed.
        if (closed) return undefined
      }
    },
    async commit(partition, next) {
      const mine = owned.get(partition)
      if (mine === undefined || !(await isPlace(partition, next))) {
        throw new LogbertError(
          'BAD_INPUT',
          `committing ${topic}/${partition} at ${next} failed: there is no such place here`,
        )
      }
      await mine.commit(offsetOf(next, mine.latestEnd()), `${indexOf(next)}`)
    },
    async close() {
      if (closed) return
      closed = true
      await member.leave()
    },
  }
}
