import { createKafkaClient } from '../../bus/kafka/client.ts'
import { createKafkaBus } from '../../bus/kafka/driver.ts'
import { createKafkaProducer } from '../../bus/kafka/producer.ts'
import { ensureTopics } from '../../bus/kafka/topics.ts'
import type { LogbertError } from '../../core/errors.ts'
import { contextByTime } from '../causes/context.ts'
import { createDecisions } from '../decisions.ts'
import { keepHouse } from '../housekeeping.ts'
import { createRules } from '../pipeline/rules.ts'
import type { Site, SiteDeps } from '../site.ts'
import { readDecision, writeDecision } from './decision-record.ts'
import { follow } from './follow.ts'
import { createInOrder } from './in-order.ts'
import { newReport } from './read-report.ts'
import { renamed } from './renamed.ts'
import { createSharedDecisions } from './shared-decisions.ts'
import { takeAnomalies } from './take-anomalies.ts'
import { topicPlans } from './topics.ts'

const AGAIN_MS = 2_000

/**
 * One node of several. All that workers find and people decide goes through topics of one partition,
 * which every node takes over in the same order, with its offset in the same transaction: so all
 * of them show the same, and a node with an empty folder comes to show it, too.
 */
export const kafkaSite = async ({
  config,
  db,
  feed,
  note,
}: Omit<SiteDeps, 'pipeline'>): Promise<Site> => {
  const { kafka } = config
  const { topics } = kafka
  const client = createKafkaClient(kafka, note)
  const bus = renamed(createKafkaBus(client, config.input), kafka)
  const producer = createKafkaProducer(client)
  const rules = createRules(db, config)
  const troubles = new Map<string, string>()
  const troubleOf = (what: string) => (error: LogbertError | undefined) => {
    if (error === undefined) {
      troubles.delete(what)
      return
    }
    if (!troubles.has(what)) note(error.message)
    troubles.set(what, error.message)
  }
  let suppressed = 0
  const decisions = createSharedDecisions({
    db,
    local: ({ id, at }) =>
      createDecisions({
        db,
        pipeline: { refresh: async () => rules.reload() },
        publish: feed.publish,
        now: () => at,
        newId: () => id,
      }),
    async publish(record) {
      await producer.publish(topics.decisions, [{ key: record.id, value: writeDecision(record) }])
    },
    after: () => order.after(),
  })
  const known = Promise.withResolvers<void>()
  const order = createInOrder({
    from: db.followed.next(topics.anomaly),
    known: known.promise,
    async find(messages, partition, next) {
      suppressed += takeAnomalies(messages, { partition, next, topic: topics.anomaly, db, rules })
      feed.advance()
    },
    async decide(record, { partition, offset }) {
      await decisions.take(record)
      db.followed.set(topics.decisions, partition, offset + 1)
    },
  })
  let ended = false
  let anomalies: ReturnType<typeof follow> | undefined
  let decided: ReturnType<typeof follow> | undefined
  let reports: ReturnType<typeof follow> | undefined
  const begin = (): void => {
    const shared = { client, note }
    anomalies = follow({
      ...{ ...shared, topic: topics.anomaly, from: db.followed.next(topics.anomaly) },
      trouble: troubleOf(topics.anomaly),
      take: order.findings,
      begins: order.begins,
    })
    reports = follow({
      ...{ ...shared, topic: topics.rca, from: db.followed.next(topics.rca) },
      trouble: troubleOf(topics.rca),
      async take(messages, partition, next) {
        for (const { value } of messages) {
          const report = newReport(value, db.reports.get)
          if (report === undefined) continue
          db.reports.put(report)
          feed.publish({ type: 'rca', data: JSON.stringify(report) })
        }
        db.followed.set(topics.rca, partition, next)
      },
    })
    decided = follow({
      ...{ ...shared, topic: topics.decisions, from: db.followed.next(topics.decisions) },
      trouble: troubleOf(topics.decisions),
      async take(messages, partition) {
        for (const { value, offset } of messages) {
          const record = value === null ? undefined : readDecision(value.toString('utf8'))
          if (record !== undefined) await order.decision(record, { partition, offset })
        }
      },
    })
    decided.caughtUp().then(known.resolve, known.resolve)
  }
  /** Brokers may come later than we do. */
  const prepare = async (): Promise<void> => {
    while (!ended) {
      try {
        await ensureTopics(client, topicPlans(config))
        troubleOf('topics')(undefined)
        // Workers show nothing.
        if (config.role !== 'worker') begin()
        return
      } catch (error) {
        troubleOf('topics')(error as LogbertError)
        await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
      }
    }
  }
  const prepared = prepare()
  const end = keepHouse(config, { db, retain: async () => undefined, note })
  return {
    ...{ bus, decisions, group: kafka.groupId },
    context: anomalies => contextByTime(bus, anomalies),
    ...(kafka.repartition && {
      sortedLag: () => bus.lag(topics.events, `${kafka.groupId}-events`),
    }),
    trouble: () => [...troubles.values()][0],
    suppressed: () => suppressed,
    async close() {
      ended = true
      end()
      await prepared
      await anomalies?.close()
      await decided?.close()
      await reports?.close()
      await producer.close()
      await bus.close()
    },
  }
}
