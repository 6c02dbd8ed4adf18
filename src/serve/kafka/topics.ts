import type { TopicPlan } from '../../bus/kafka/topics.ts'
import type { Config } from '../../config.ts'

const DAY_MS = 86_400_000

/** The topics as they are made where they are missing. */
export const topicPlans = ({ kafka }: Config): TopicPlan[] => {
  const { topics, partitions, repartition } = kafka
  return [
    { name: topics.input, partitions },
    ...(repartition ? [{ name: topics.events, partitions }] : []),
    // One partition each: every node sees the same in the same order, and so groups them alike.
    { name: topics.anomaly, partitions: 1 },
    { name: topics.rca, partitions: 1 },
    { name: topics.dlq, partitions: 1 },
    {
      name: topics.state,
      partitions,
      config: {
        'cleanup.policy': 'compact,delete',
        // What is in use is written anew every day.
        'retention.ms': `${30 * DAY_MS}`,
        'segment.ms': `${DAY_MS}`,
        'segment.bytes': `${64 << 20}`,
        'min.cleanable.dirty.ratio': '0.1',
      },
    },
    { name: topics.decisions, partitions: 1, config: { 'retention.ms': '-1' } },
  ]
}
