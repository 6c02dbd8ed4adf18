import type { KafkaClient } from '../../bus/kafka/client.ts'
import { linesWithin } from '../../bus/kafka/format.ts'
import {
  type GroupMember,
  joinGroup,
  type OwnedPartition,
  type ReadMessage,
} from '../../bus/kafka/group.ts'
import { createKafkaProducer } from '../../bus/kafka/producer.ts'
import { createRangeReader } from '../../bus/kafka/range-reader.ts'
import { ensureTopics } from '../../bus/kafka/topics.ts'
import type { Config } from '../../config.ts'
import type { StreamDetection } from '../../core/pipeline/stream-types.ts'
import type { Intake, IntakeEvents, Place } from '../pipeline/place.ts'
import type { KafkaEvent } from '../pipeline/protocol.ts'
import { anomalyRecords } from './anomaly-record.ts'
import { byOrigin } from './by-origin.ts'
import { createDeadLetters } from './dead-letters.ts'
import { readDecision } from './decision-record.ts'
import { type Follower, follow } from './follow.ts'
import { createInputWarnings } from './input-warnings.ts'
import { createKafkaPlace } from './kafka-place.ts'
import { createKafkaReader, type ReaderDeps } from './kafka-reader.ts'
import type { LineStore } from './line-store.ts'
import { createMergeReader } from './merge-reader.ts'
import { readRaw } from './raw.ts'
import { retried } from './retried.ts'
import { seldom } from './seldom.ts'
import { createSortedPublisher } from './sorted-publisher.ts'
import { readSorted } from './sorted-record.ts'
import { createStateTopic, type StateTopic } from './state-topic.ts'
import { createTaughtBook } from './taught-book.ts'
import { topicPlans } from './topics.ts'
import { countTorn } from './torn.ts'

export interface KafkaIntakeDeps {
  config: Config
  client: KafkaClient
  /** Things that happened, for metrics. */
  observe(what: KafkaEvent): void
  note(text: string): void
}

/** What a worker does with the partitions that it gets. */
export type Stage = 'detect' | 'sort' | 'detect sorted'

/** The partitions that the group gives to this worker. */
export const kafkaIntake = (stage: Stage, deps: KafkaIntakeDeps): Intake => {
  const { config, client, observe, note } = deps
  const { kafka, input } = config
  const { topics } = kafka
  const topic = stage === 'detect sorted' ? topics.events : topics.input
  const groupId = stage === 'detect sorted' ? `${kafka.groupId}-events` : kafka.groupId
  const book = createTaughtBook()
  const producer = createKafkaProducer(client)
  const pieces = createRangeReader(client, topics.state, readRaw)
  const dead = createDeadLetters({
    ...{ producer, from: topic, to: topics.dlq },
    counted: messages => observe({ type: 'dead', messages }),
  })
  const warnings = createInputWarnings({ topic, maxLine: input.maxLine, observe, note })
  let decisions: Follower | undefined
  let group: GroupMember | undefined
  let closed = false
  const open = (): boolean => !closed

  const followDecisions = async ({ trouble, decided }: IntakeEvents): Promise<void> => {
    let known = false
    decisions = follow({
      ...{ client, topic: topics.decisions, from: new Map(), note },
      trouble: error => trouble(error?.message),
      async take(messages) {
        const changed = messages.map(({ value }) => {
          const record = value === null ? undefined : readDecision(value.toString('utf8'))
          return record !== undefined && book.take(record)
        })
        if (known && changed.includes(true)) decided()
      },
    })
    await retried(() => decisions!.caughtUp(), trouble, open)
    known = true
  }
  const statesIn = (partitions: number): StateTopic =>
    createStateTopic({
      ...{ input: topic, partitions },
      async publish(partition, records) {
        const placed = await producer.publish(
          topics.state,
          records.map(({ key, value }) => ({ key, partition, value: value && Buffer.from(value) })),
        )
        const firsts = placed.map(({ first }) => first)
        const ends = placed.map(({ first, count = records.length }) => first + count)
        return { first: Math.min(...firsts), last: Math.max(...ends) - 1 }
      },
      async *read(partition, first, last) {
        for await (const batch of pieces.read(partition, first, last + 1)) yield* batch
      },
    })
  const join = <T>(
    events: IntakeEvents,
    read: ReadMessage<T>,
    placeOf: (owned: OwnedPartition<T>) => Place,
  ): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    group = joinGroup(
      client,
      { topic, groupId, read },
      {
        assigned: owned => events.assigned(placeOf(owned)),
        lost: events.lost,
        joined() {
          events.trouble(undefined)
          observe({ type: 'rebalance' })
          resolve()
        },
        failed: error => events.trouble(error.message),
        committed: seconds => observe({ type: 'commit', seconds }),
        gone(partition, messages) {
          observe({ type: 'gone', messages })
          note(
            `partition ${partition} of ${topic}: ${messages} messages were removed by retention ` +
              'before they were read; raise retention.ms of the topic, or add workers',
          )
        },
      },
    )
    return promise
  }
  return {
    taught: book.taught,
    async open(events) {
      const made = await retried(
        () => ensureTopics(client, topicPlans(config)),
        events.trouble,
        open,
      )
      if (stage !== 'sort') await followDecisions(events)
      const shared = { states: statesIn(made.get(topics.state)!), dead, note }
      const readLines = linesWithin(input.maxLine)
      const readerOf = (given: ReaderDeps) => createKafkaReader({ ...given, cut: warnings.cut })
      if (stage === 'detect') {
        const isDivided = made.get(topics.input)! > 1
        const publish = async (found: StreamDetection, lineAt: LineStore['get']): Promise<void> => {
          if (isDivided) warnings.torn(countTorn(found, lineAt))
          await producer.publish(topics.anomaly, anomalyRecords(found))
        }
        return join(events, readLines, owned =>
          createKafkaPlace({
            ...{ ...shared, owned, publish, reader: readerOf, silence: true },
          }),
        )
      }
      if (stage === 'sort') {
        const outputs = made.get(topics.events)!
        return join(events, readLines, owned => {
          const publish = createSortedPublisher({
            ...{ producer, topic: topics.events, outputs, from: owned.partition },
          })
          return createKafkaPlace({
            ...{ ...shared, owned, publish, reader: readerOf, silence: false },
          })
        })
      }
      const inputs = made.get(topics.input)!
      const overtaken = seldom(lines =>
        note(
          `${lines} lines did not wait longer for a partition of ${topics.input} that is behind`,
        ),
      )
      return join(events, readSorted, owned =>
        createKafkaPlace({
          ...{ ...shared, owned, silence: true },
          reader: given => createMergeReader({ ...given, inputs, overtaken }),
          async publish(found, line) {
            await producer.publish(topics.anomaly, anomalyRecords(byOrigin(found, line)))
          },
        }),
      )
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
