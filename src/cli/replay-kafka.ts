import kafkajs from 'kafkajs'
import { createKafkaBus } from '../bus/kafka/driver.ts'
import { createKafkaProducer } from '../bus/kafka/producer.ts'
import { within } from '../bus/kafka/within.ts'
import { LogbertError } from '../core/errors.ts'
import type { LogLine } from '../core/types.ts'
import {
  createDelivery,
  doubtNote,
  type LineBatch,
  type LineSender,
  pause,
  type SenderStats,
  waitFor,
} from './line-sender.ts'
import { keyIn, packed } from './replay-messages.ts'
import { cut } from './replay-source.ts'
import type { KafkaTarget } from './replay-target.ts'
import { isPassing, openTopic, orLate, reasonOf, type TopicDeps } from './replay-topic.ts'

export interface KafkaSenderOptions extends TopicDeps {
  target: KafkaTarget
  inFlight: number
}

/** So many characters are published, counted and tried again at a time. */
const PART_CHARS = 512 << 10
const END_MS = 5_000

/** Sends lines to a topic: a message each, or packed. They are safe when all brokers in sync have them. */
export const createKafkaSender = (options: KafkaSenderOptions): LineSender => {
  const { target, patienceMs, signal } = options
  const { topic, key, linesPerMessage } = target
  const stats: SenderStats = { acknowledged: 0, requests: 0, refused: 0, faults: 0, doubtful: 0 }
  let unkeyed = 0
  let opening: ReturnType<typeof open> | undefined

  const keyOf = (line: LogLine): string => {
    const found = key && keyIn(line.text, key)
    if (key !== undefined && found === undefined) unkeyed++
    return found ?? line.source
  }
  const open = async () => {
    const { client, partitions } = await openTopic(target, options)
    const bus = createKafkaBus(client)
    const producer = createKafkaProducer(client)
    const partitionOf = partitionerOf(topic, partitions)
    return {
      about: client.about,
      async publish(batch: LineBatch): Promise<void> {
        if (linesPerMessage > 1) {
          const records = packed(batch, { keyOf, partitionOf, most: linesPerMessage })
          await producer.publish(topic, records)
          return
        }
        const now = Date.now()
        const messages = batch.lines.map(line => ({
          ...{ text: line.text, source: line.source, key: keyOf(line) },
          arrived: batch.source === undefined ? Math.round(line.arrived) : now,
        }))
        await bus.publish(topic, messages)
      },
      async close(): Promise<void> {
        await within(END_MS, Promise.all([producer.close(), bus.close()]))
      },
    }
  }
  const deliver = async (batch: LineBatch): Promise<void> => {
    opening ??= open()
    const { about, publish } = await opening
    const begun = performance.now()
    const left = (): number => patienceMs - (performance.now() - begun)
    const failed = (why: string): LogbertError => {
      const seconds = Math.round((performance.now() - begun) / 1000)
      return new LogbertError(
        'AWAY',
        `sending lines to ${topic} failed at ${about}: ${why}; tried for ${seconds} s, --patience ` +
          'sets how long',
      )
    }
    const late = (): never => {
      throw failed('it does not answer')
    }
    for (let attempt = 0; ; attempt++) {
      stats.requests++
      const unkeyedBefore = unkeyed
      try {
        await orLate(publish(batch), { ms: left(), late })
        stats.acknowledged += batch.lines.length
        return
      } catch (error) {
        if (!isPassing(error)) throw error
        stats.faults++
        const wait = waitFor(attempt, undefined)
        if (wait > left()) throw left() > 0 ? failed(reasonOf(error)) : error
        stats.doubtful += batch.lines.length
        unkeyed = unkeyedBefore
        await pause(wait, signal)
      }
    }
  }
  const { send, end } = createDelivery(options.inFlight, async batch => {
    const limits = { lines: Number.POSITIVE_INFINITY, chars: PART_CHARS }
    for (const lines of cut(batch.lines, limits)) await deliver({ ...batch, lines })
  })
  return {
    ...{ stats, send },
    async end() {
      try {
        await end()
      } finally {
        await opening?.then(
          ({ close }) => close(),
          () => undefined,
        )
      }
    },
    notes: () => [
      ...doubtNote(stats, 'Kafka'),
      ...(unkeyed > 0 ? [`${unkeyed} lines do not match --key: keyed by their source`] : []),
    ],
  }
}

/** As producers choose it by the key, Kafka's own and ours. */
const partitionerOf = (topic: string, partitions: number): ((key: string) => number) => {
  const choose = kafkajs.Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    ...{ partitionId, partitionErrorCode: 0, leader: 0, replicas: [], isr: [] },
  }))
  return key => choose({ topic, partitionMetadata, message: { key, value: null } })
}
