import type { IHeaders, Producer } from 'kafkajs'
import { LogbertError } from '../../core/errors.ts'
import type { KafkaClient } from './client.ts'
import { compressionType } from './codecs.ts'
import { kafkaFault } from './fault.ts'
import { type KafkaRequest, requestsOf, sizeOf } from './requests.ts'
import { within } from './within.ts'

/** What is published, as bytes or text. */
export interface KafkaRecord {
  key?: string | Buffer | null
  /** Null removes what stood under the key of a compacted topic. */
  value: string | Buffer | null
  headers?: IHeaders
  /** By the key when absent, as Kafka's own clients choose; any, one for all, without a key. */
  partition?: number
  /** Epoch ms; now when absent. */
  timestamp?: number
}

/** Where records that went together are. */
export interface RecordPlace {
  partition: number
  /** Offset of the first. */
  first: number
  count: number
}

/**
 * Publishes with the acknowledgement of all brokers in sync. A record may be there twice, when its
 * first acknowledgement was lost; what is published has ids by which it is known again.
 *
 * kafkajs can call lost messages published: when it sends to several partitions, repeats that after
 * a leader has moved, and the new leader has answered for its other partitions already, it leaves out
 * those that have moved. So each request is of one partition here, and is repeated here. Its
 * idempotent producer, which is as wrong, is not used.
 */
export interface KafkaProducer {
  /**
   * Those of one partition in order; resolves when all are safe.
   * @returns where they went; of a request that was repeated, the last
   * @throws LogbertError AWAY when brokers are away for long, BAD_INPUT for records that they never
   * take (others may be there), or for a topic that there is not
   */
  publish(topic: string, records: readonly KafkaRecord[]): Promise<RecordPlace[]>
  /** Resolves after a while though brokers are away. */
  close(): Promise<void>
}

/** Brokers take 1 MiB at a time, compressed, unless told otherwise. */
const REQUEST_BYTES = 900 << 10
/** Partitions may become more. */
const FRESH_MS = 60_000
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2_000
/** A topic that was made just now may not be known everywhere yet. */
const UNKNOWN_MS = 5_000
const CLOSE_MS = 5_000

/** @param patienceMs how long a request is repeated while brokers are away */
export const createKafkaProducer = (
  client: KafkaClient,
  { patienceMs = 30_000 } = {},
): KafkaProducer => {
  const { kafka, settings, about } = client
  const sizes = new Map<string, { count: number; at: number }>()
  /** Most bytes in a request, of topics that take less. */
  const limits = new Map<string, number>()
  let producer: Promise<Producer> | undefined
  let turn = Math.floor(Math.random() * 1000)

  const connected = (): Promise<Producer> => {
    producer ??= (async () => {
      const made = kafka.producer({
        allowAutoTopicCreation: false,
        metadataMaxAge: FRESH_MS,
        createPartitioner:
          () =>
          ({ message }) =>
            message.partition!,
        retry: { retries: 0 },
      })
      await made.connect()
      return made
    })()
    producer.catch(() => {
      producer = undefined
    })
    return producer
  }
  const partitionsOf = async (topic: string): Promise<number> => {
    const known = sizes.get(topic)
    if (known !== undefined && performance.now() - known.at < FRESH_MS) return known.count
    const admin = await client.admin()
    // Of a topic that is not there it would ask for long.
    if (!(await admin.listTopics()).includes(topic)) throw unknownTopic()
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const count = topics[0]!.partitions.length
    sizes.set(topic, { count, at: performance.now() })
    return count
  }
  const send = async (
    topic: string,
    { partition, records }: KafkaRequest,
  ): Promise<RecordPlace> => {
    const [sent] = await (await connected()).send({
      topic,
      acks: -1,
      compression: compressionType(settings.compression),
      messages: records.map(({ key, value, headers, timestamp }) => ({
        ...{ value, key: key ?? null, partition },
        ...(headers && { headers }),
        ...(timestamp !== undefined && { timestamp: `${timestamp}` }),
      })),
    })
    if (sent?.partition !== partition) throw new Error('the broker did not answer for it')
    return { partition, first: Number(sent.baseOffset), count: records.length }
  }
  /** Until it works, or never will. */
  const repeated = async <T>(topic: string, work: () => Promise<T>): Promise<T> => {
    const begun = performance.now()
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        return await work()
      } catch (error) {
        const fault = kafkaFault(`publishing to ${topic}`, about, error)
        const patience = fault.code === 'AWAY' ? patienceMs : isUnknown(error) ? UNKNOWN_MS : 0
        if (isTooLarge(error) || performance.now() + wait - begun > patience) throw fault
        await new Promise(resolve => setTimeout(resolve, wait * (0.5 + 0.5 * Math.random())))
      }
    }
  }
  /** A request may be too large though its records are not. */
  const publish = async (topic: string, request: KafkaRequest): Promise<Outcome> => {
    try {
      return { places: [await repeated(topic, () => send(topic, request))], refused: [] }
    } catch (error) {
      const { partition, records } = request
      if (!isTooLarge((error as Error).cause)) throw error
      if (records.length === 1) return { places: [], refused: [records[0]!] }
      const bytes = Math.ceil(records.reduce((sum, record) => sum + sizeOf(record), 0) / 2)
      limits.set(topic, Math.min(bytes, limits.get(topic) ?? bytes))
      const half = records.length >>> 1
      const first = await publish(topic, { partition, records: records.slice(0, half) })
      const second = await publish(topic, { partition, records: records.slice(half) })
      return joined([first, second])
    }
  }
  return {
    async publish(topic, records) {
      if (records.length === 0) return []
      const count = await repeated(topic, () => partitionsOf(topic))
      const bytes = Math.min(REQUEST_BYTES, limits.get(topic) ?? REQUEST_BYTES)
      const lanes = requestsOf(records, count, turn++ % count, bytes).map(async requests => {
        const outcomes: Outcome[] = []
        for (const request of requests) outcomes.push(await publish(topic, request))
        return joined(outcomes)
      })
      // All have ended when it throws.
      const ends = await Promise.allSettled(lanes)
      const failed = ends.find(end => end.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      const { places, refused } = joined(
        ends.map(end => (end as PromiseFulfilledResult<Outcome>).value),
      )
      if (refused.length > 0) throw tooLarge(topic, refused, records.length, about)
      return places
    },
    async close() {
      const made = await producer?.catch(() => undefined)
      await within(CLOSE_MS, made?.disconnect())
    },
  }
}

interface Outcome {
  places: RecordPlace[]
  /** Too large for the broker. */
  refused: KafkaRecord[]
}

const joined = (outcomes: readonly Outcome[]): Outcome => ({
  places: outcomes.flatMap(({ places }) => places),
  refused: outcomes.flatMap(({ refused }) => refused),
})

const isTooLarge = (error: unknown): boolean =>
  typesOf(error).some(type => /^(MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE)$/.test(type))

const UNKNOWN = 'UNKNOWN_TOPIC_OR_PARTITION'

const unknownTopic = (): Error => Object.assign(new Error('no broker knows it'), { type: UNKNOWN })

const isUnknown = (error: unknown): boolean => typesOf(error).includes(UNKNOWN)

/** kafkajs wraps what brokers say. */
const typesOf = (error: unknown): string[] => {
  if (!(error instanceof Error)) return []
  const { type } = error as { type?: string }
  return [...(type === undefined ? [] : [type]), ...typesOf(error.cause)]
}

const tooLarge = (
  topic: string,
  refused: readonly KafkaRecord[],
  all: number,
  about: string,
): LogbertError => {
  const largest = Math.max(...refused.map(sizeOf))
  return new LogbertError(
    'BAD_INPUT',
    `publishing to ${topic} at ${about} failed for ${refused.length} of ${all} messages: the largest ` +
      `has ${largest} bytes, more than the broker takes; raise max.message.bytes of the topic, or ` +
      'make them smaller; the others are there',
  )
}

/** @throws LogbertError BAD_INPUT for a name that Kafka does not take */
export const checkTopic = (topic: string): string => {
  if (/^[A-Za-z0-9._-]{1,249}$/.test(topic) && topic !== '.' && topic !== '..') return topic
  throw new LogbertError(
    'BAD_INPUT',
    `using the topic ${JSON.stringify(topic)} failed: a name has letters, digits, '.', '_' and '-', 249 at most`,
  )
}
