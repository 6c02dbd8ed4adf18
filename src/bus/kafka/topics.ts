import type { Admin } from 'kafkajs'
import type { KafkaClient } from './client.ts'
import { kafkaFault } from './fault.ts'

/** A topic as it is to be, where it is not there yet. */
export interface TopicPlan {
  name: string
  partitions: number
  /** As the broker calls them: `cleanup.policy`, `retention.ms`, … */
  config?: Record<string, string>
}

/**
 * Makes topics that are missing; several processes may do so at once. Those that are there stay as
 * they are.
 * @returns how many partitions each has
 * @throws LogbertError BAD_CONFIG without permission, AWAY when no broker answers
 */
export const ensureTopics = async (
  client: KafkaClient,
  plans: readonly TopicPlan[],
): Promise<Map<string, number>> => {
  const names = plans.map(({ name }) => name)
  const { about, settings } = client
  try {
    const admin = await client.admin()
    const there = new Set(await admin.listTopics())
    const missing = plans.filter(({ name }) => !there.has(name))
    if (missing.length > 0) {
      await admin
        .createTopics({
          waitForLeaders: true,
          topics: missing.map(({ name, partitions, config = {} }) => ({
            topic: name,
            numPartitions: partitions,
            replicationFactor: settings.replication,
            configEntries: Object.entries({ ...safety(settings.replication), ...config }).map(
              ([key, value]) => ({ name: key, value }),
            ),
          })),
        })
        .catch(async error => {
          // Another process may have been faster.
          const now = new Set(await admin.listTopics())
          if (!missing.every(({ name }) => now.has(name))) throw error
        })
    }
    return await partitionsOf(admin, names)
  } catch (error) {
    throw kafkaFault(`making the topics ${names.join(', ')}`, about, inner(error))
  }
}

/** What is acknowledged is to outlast the loss of a broker; to Kafka one copy would be enough. */
const safety = (copies: number): Record<string, string> =>
  copies < 3 ? {} : { 'min.insync.replicas': '2' }

/** A topic that was made just now may not be known everywhere yet. */
const partitionsOf = async (
  admin: Admin,
  names: readonly string[],
  tries = 20,
): Promise<Map<string, number>> => {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [...names] })
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
  } catch (error) {
    if (tries === 0) throw error
    await new Promise(resolve => setTimeout(resolve, 100))
    return partitionsOf(admin, names, tries - 1)
  }
}

/** Of several topics that failed, why the first did. */
const inner = (error: unknown): unknown => (error as { errors?: unknown[] }).errors?.[0] ?? error
