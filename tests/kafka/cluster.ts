import { join } from 'node:path'
import { createKafkaClient } from '../../src/bus/kafka/client.ts'
import { createKafkaProducer } from '../../src/bus/kafka/producer.ts'
import { createRangeReader } from '../../src/bus/kafka/range-reader.ts'
import { ensureTopics } from '../../src/bus/kafka/topics.ts'
import { parseConfig } from '../../src/config.ts'
import { type PublishedAnomaly, readAnomaly } from '../../src/serve/kafka/anomaly-record.ts'
import { type RawMessage, readRaw } from '../../src/serve/kafka/raw.ts'
import { topicPlans } from '../../src/serve/kafka/topics.ts'
import { type Program, startProgram } from '../serve/program.ts'

export interface ClusterOptions {
  brokers: readonly string[]
  folder: string
  models: string
  /** Name of the model that is served. */
  model: string
  /** Lines come from here; a topic of its own when absent. */
  input?: string
  env?: Record<string, string>
  /** The program of its nodes; this one when absent. */
  main?: string
}

let clusters = 0

/** Workers and API nodes that share topics of their own. */
export const createCluster = async (options: ClusterOptions) => {
  const { brokers, folder, models, model, main, env = {} } = options
  const name = `c${process.pid}-${++clusters}`
  const settings: Record<string, string> = {
    LOGBERT__BUS__DRIVER: 'kafka',
    LOGBERT__MODEL__NAME: model,
    LOGBERT__KAFKA__BROKERS: brokers.join(','),
    LOGBERT__KAFKA__CLIENTID: name,
    LOGBERT__KAFKA__GROUPID: name,
    LOGBERT__KAFKA__SESSIONTIMEOUTSECONDS: '2',
    LOGBERT__KAFKA__TOPICS__INPUT: options.input ?? `${name}-input`,
    LOGBERT__KAFKA__TOPICS__EVENTS: `${name}-events`,
    LOGBERT__KAFKA__TOPICS__ANOMALY: `${name}-anomaly`,
    LOGBERT__KAFKA__TOPICS__RCA: `${name}-rca`,
    LOGBERT__KAFKA__TOPICS__DLQ: `${name}-dlq`,
    LOGBERT__KAFKA__TOPICS__STATE: `${name}-state`,
    LOGBERT__KAFKA__TOPICS__DECISIONS: `${name}-decisions`,
    LOGBERT__PIPELINE__CHECKPOINTSECONDS: '1',
    ...env,
  }
  const config = parseConfig({ env: settings })
  const { topics, groupId } = config.kafka
  const client = createKafkaClient(config.kafka)
  const producer = createKafkaProducer(client)
  await ensureTopics(client, topicPlans(config))
  let nodes = 0
  const all = async (topic: string): Promise<RawMessage[]> => {
    const reader = createRangeReader(client, topic, readRaw)
    const messages: RawMessage[] = []
    const ends = await (await client.admin()).fetchTopicOffsets(topic)
    for (const { partition, low, high } of ends) {
      for await (const part of reader.read(partition, Number(low), Number(high))) {
        messages.push(...part)
      }
    }
    await reader.close()
    return messages
  }
  return {
    ...{ name, topics, producer, client },
    start: (role: 'all' | 'worker' | 'api', more: Record<string, string> = {}): Promise<Program> =>
      startProgram({
        data: join(folder, `${name}-${role}-${++nodes}`),
        models,
        ...(main !== undefined && { main }),
        env: { ...settings, LOGBERT__ROLE: role, ...more },
      }),
    /** Messages that the group has not dealt with. */
    async lag(): Promise<number> {
      const admin = await client.admin()
      const [[offsets], ends] = await Promise.all([
        admin.fetchOffsets({ groupId, topics: [topics.input] }),
        admin.fetchTopicOffsets(topics.input),
      ])
      const committed = new Map(offsets?.partitions.map(each => [each.partition, each.offset]))
      return ends.reduce((sum, { partition, high }) => {
        return sum + Number(high) - Math.max(0, Number(committed.get(partition) ?? 0))
      }, 0)
    },
    async anomalies(): Promise<PublishedAnomaly[]> {
      return (await all(topics.anomaly)).flatMap(({ value }) => readAnomaly(value) ?? [])
    },
    all,
    async close(): Promise<void> {
      await producer.close()
      await client.close()
    },
  }
}

export type Cluster = Awaited<ReturnType<typeof createCluster>>
