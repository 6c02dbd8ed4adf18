import type { IHeaders, Producer } from 'kafkajs'
import { LogbertError } from '../../core/errors.ts'
import type { KafkaClient } from './client.ts'
import { compressionType } from './codecs.ts'
import { kafkaFault } from './fault.ts'

/** What is published, as bytes or text. */
export interface KafkaRecord {
  key?: string | Buffer | null
  /** Null removes what stood under the key of a compacted topic. */
  value: string | Buffer | null
  headers?: IHeaders
  /** By the key when absent. */
  partition?: number
  /** Epoch ms; now when absent. */
  timestamp?: number
}

/** Where records of one partition went. */
export interface RecordPlace {
  partition: number
  /** Offset of the first. */
  first: number
  /** How many; absent where they were spread over partitions. */
  count?: number
}

/**
 * Publishes with the acknowledgement of all brokers in sync. Not idempotent: kafkajs' idempotent
 * producer can lose what was acknowledged when a leader dies. A record may so be there twice, and
 * what is published has ids by which it is known again.
 */
export interface KafkaProducer {
  /**
   * In order; resolves when all are safe.
   * @returns where they went; of a request that was repeated, the last
   * @throws LogbertError LIMIT when brokers are away, BAD_INPUT for what they never take
   */
  publish(topic: string, records: readonly KafkaRecord[]): Promise<RecordPlace[]>
  close(): Promise<void>
}

/** Brokers take 1 MiB at a time, compressed, unless told otherwise. */
const REQUEST_BYTES = 900 << 10
/** What a record costs beside its bytes. */
const OVERHEAD = 100

export const createKafkaProducer = (client: KafkaClient): KafkaProducer => {
  const { kafka, settings, about } = client
  let producer: Promise<Producer> | undefined
  const connected = (): Promise<Producer> => {
    producer ??= (async () => {
      const made = kafka.producer({ allowAutoTopicCreation: false, metadataMaxAge: 60_000 })
      await made.connect()
      return made
    })()
    producer.catch(() => {
      producer = undefined
    })
    return producer
  }
  const send = async (topic: string, records: readonly KafkaRecord[]): Promise<RecordPlace[]> => {
    const sent = await (await connected()).send({
      topic,
      acks: -1,
      compression: compressionType(settings.compression),
      messages: records.map(({ key, value, headers, partition, timestamp }) => ({
        ...{ value, key: key ?? null },
        ...(headers && { headers }),
        ...(partition !== undefined && { partition }),
        ...(timestamp !== undefined && { timestamp: `${timestamp}` }),
      })),
    })
    const count = sent.length === 1 ? { count: records.length } : {}
    return sent.map(({ partition, baseOffset }) => ({
      ...{ partition, first: Number(baseOffset) },
      ...count,
    }))
  }
  /** A request may be too large though its records are not. */
  const publish = async (
    topic: string,
    records: readonly KafkaRecord[],
  ): Promise<RecordPlace[]> => {
    try {
      return await send(topic, records)
    } catch (error) {
      const fault = kafkaFault(`publishing to ${topic}`, about, error)
      if (records.length === 1 || !isTooLarge(error)) throw fault
      const half = records.length >>> 1
      const first = await publish(topic, records.slice(0, half))
      return first.concat(await publish(topic, records.slice(half)))
    }
  }
  return {
    async publish(topic, records) {
      const places: RecordPlace[] = []
      for (const part of parts(records)) places.push(...(await publish(topic, part)))
      return places
    },
    async close() {
      await (await producer?.catch(() => undefined))?.disconnect()
    },
  }
}

const isTooLarge = (error: unknown): boolean =>
  /MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/.test((error as { type?: string }).type ?? '')

const sizeOf = (part: string | Buffer | null | undefined): number =>
  part == null ? 0 : typeof part === 'string' ? Buffer.byteLength(part) : part.length

/** Records in order, by as much as goes in one request. */
function* parts(records: readonly KafkaRecord[]): Generator<KafkaRecord[]> {
  let part: KafkaRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = sizeOf(record.key) + sizeOf(record.value) + OVERHEAD
    if (part.length > 0 && bytes + size > REQUEST_BYTES) {
      yield part
      part = []
      bytes = 0
    }
    part.push(record)
    bytes += size
  }
  if (part.length > 0) yield part
}

/** @throws LogbertError BAD_INPUT for a name that Kafka does not take */
export const checkTopic = (topic: string): string => {
  if (/^[A-Za-z0-9._-]{1,249}$/.test(topic) && topic !== '.' && topic !== '..') return topic
  throw new LogbertError(
    'BAD_INPUT',
    `using the topic ${JSON.stringify(topic)} failed: a name has letters, digits, '.', '_' and '-', 249 at most`,
  )
}
