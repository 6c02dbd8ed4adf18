import type { KafkaClient } from '../../bus/kafka/client.ts'
import { linesOf } from '../../bus/kafka/format.ts'
import { type GroupMember, joinGroup } from '../../bus/kafka/group.ts'
import { createKafkaProducer } from '../../bus/kafka/producer.ts'
import { createRangeReader } from '../../bus/kafka/range-reader.ts'
import { ensureTopics } from '../../bus/kafka/topics.ts'
import type { Config } from '../../config.ts'
import type { StreamDetection } from '../../core/pipeline/stream-types.ts'
import type { Intake } from '../pipeline/place.ts'
import type { KafkaEvent } from '../pipeline/protocol.ts'
import { anomalyRecord } from './anomaly-record.ts'
import { createDeadLetters } from './dead-letters.ts'
import { readDecision } from './decision-record.ts'
import { type Follower, follow } from './follow.ts'
import { createKafkaPlace } from './kafka-place.ts'
import { readRaw } from './raw.ts'
import { createStateTopic } from './state-topic.ts'
import { createTaughtBook } from './taught-book.ts'
import { topicPlans } from './topics.ts'

export interface KafkaIntakeDeps {
  config: Config
  client: KafkaClient
  /** Things that happened, for metrics. */
  observe(what: KafkaEvent): void
  note(text: string): void
}

/** The partitions of the input topic that the group gives to this worker. */
export const kafkaIntake = (deps: KafkaIntakeDeps): Intake => {
  const { config, client, observe, note } = deps
  const { kafka } = config
  const { topics } = kafka
  const book = createTaughtBook()
  const producer = createKafkaProducer(client)
  const pieces = createRangeReader(client, topics.state, readRaw)
  const dead = createDeadLetters({
    ...{ producer, from: topics.input, to: topics.dlq },
    counted: messages => observe({ type: 'dead', messages }),
  })
  let decisions: Follower | undefined
  let group: GroupMember | undefined
  let closed = false
  const open = (): boolean => !closed

  const publish = async ({ anomalies, courses }: StreamDetection): Promise<void> => {
    const records = anomalies.map((anomaly, i) => anomalyRecord(anomaly, courses[i]))
    await producer.publish(topics.anomaly, records)
  }
  return {
    taught: book.taught,
    async open(events) {
      const { trouble } = events
      const made = await retried(() => ensureTopics(client, topicPlans(config)), trouble, open)
      let known = false
      decisions = follow({
        ...{ client, topic: topics.decisions, from: new Map(), note },
        trouble: error => trouble(error?.message),
        async take(messages) {
          const changed = messages.map(({ value }) => {
            const record = value === null ? undefined : readDecision(value.toString('utf8'))
            return record !== undefined && book.take(record)
          })
          if (known && changed.includes(true)) events.decided()
        },
      })
      await retried(() => decisions!.caughtUp(), trouble, open)
      known = true
      const states = createStateTopic({
        input: topics.input,
        partitions: made.get(topics.state)!,
        async publish(partition, records) {
          const placed = await producer.publish(
            topics.state,
            records.map(({ key, value }) => ({
              key,
              partition,
              value: value && Buffer.from(value),
            })),
          )
          const firsts = placed.map(({ first }) => first)
          const ends = placed.map(({ first, count = records.length }) => first + count)
          return { first: Math.min(...firsts), last: Math.max(...ends) - 1 }
        },
        async *read(partition, first, last) {
          for await (const batch of pieces.read(partition, first, last + 1)) yield* batch
        },
      })
      const joined = Promise.withResolvers<void>()
      group = joinGroup(
        client,
        { topic: topics.input, groupId: kafka.groupId, read: linesOf },
        {
          assigned: owned =>
            events.assigned(createKafkaPlace({ owned, states, publish, dead, note })),
          lost: events.lost,
          joined() {
            trouble(undefined)
            observe({ type: 'rebalance' })
            joined.resolve()
          },
          failed: error => trouble(error.message),
          committed: seconds => observe({ type: 'commit', seconds }),
          gone(partition, messages) {
            observe({ type: 'gone', messages })
            note(
              `partition ${partition} of ${topics.input}: ${messages} messages were removed by ` +
                'retention before they were read; raise retention.ms of the topic, or add workers',
            )
          },
        },
      )
      await joined.promise
    },
    async close() {
      closed = true
      await group?.leave()
      await decisions?.close()
      await pieces.close()
      await producer.close()
      await client.close()
    },
  }
}

const AGAIN_MS = 2_000

/** Until it works, or is given up: brokers may start later than we do. */
const retried = async <T>(
  work: () => Promise<T>,
  trouble: (why: string) => void,
  wanted: () => boolean,
): Promise<T> => {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!wanted()) throw error
      trouble(error instanceof Error ? error.message : `${error}`)
      await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
    }
  }
}
