import { LogbertError } from '../../core/errors.ts'
import type { Bus, BusConsumer, StoredMessage } from '../bus.ts'
import { checkTime, messageOf, recordOf } from './bus-records.ts'
import type { KafkaClient } from './client.ts'
import { kafkaFault } from './fault.ts'
import { type KafkaLine, linesWithin } from './format.ts'
import { indexOf, offsetOf } from './position.ts'
import { checkTopic, createKafkaProducer } from './producer.ts'
import { createRangeReader, type RangeReader } from './range-reader.ts'
import { type PartitionEnds, readRange, runsOf } from './stretches.ts'
import { subscribe } from './subscription.ts'
import { ensureTopics } from './topics.ts'

/**
 * Kafka as a bus: messages that others wrote come line by line, and the offset of a line is its
 * position (see `positionOf`). Topics that are published to are made where they are missing.
 * @param maxLine longest line that is read, in characters; the rest is cut off
 */
export const createKafkaBus = (
  client: KafkaClient,
  { maxLine = Number.POSITIVE_INFINITY } = {},
): Bus => {
  const { about, settings } = client
  const producer = createKafkaProducer(client)
  const readMessage = linesWithin(maxLine)
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
    const reader = readers.get(topic) ?? createRangeReader(client, topic, readMessage)
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
      const consumer = await subscribe(
        client,
        { topic, groupId: group, read: readMessage },
        from,
        (partition, position) => isPlace(topic, partition, position),
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

const isUnknownTopic = (error: unknown): boolean =>
  /UNKNOWN_TOPIC_OR_PARTITION/.test((error as { type?: string }).type ?? '')
