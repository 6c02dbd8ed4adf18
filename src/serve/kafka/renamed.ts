import { type Bus, TOPICS } from '../../bus/bus.ts'
import type { Config } from '../../config.ts'

/**
 * A bus on which our topics have the names that the configuration gives them. Lines of a source stay
 * in one partition.
 */
export const renamed = (bus: Bus, { topics }: Config['kafka']): Bus => {
  const names = new Map<string, string>([
    [TOPICS.input, topics.input],
    [TOPICS.anomaly, topics.anomaly],
    [TOPICS.rca, topics.rca],
    [TOPICS.dlq, topics.dlq],
  ])
  const nameOf = (topic: string): string => names.get(topic) ?? topic
  return {
    about: bus.about,
    publish: (topic, messages) =>
      bus.publish(
        nameOf(topic),
        topic === TOPICS.input
          ? messages.map(message => ({ ...message, key: message.key ?? message.source }))
          : messages,
      ),
    subscribe: (topic, group, from) => bus.subscribe(nameOf(topic), group, from),
    read: (topic, range) => bus.read(nameOf(topic), range),
    fetch: (topic, partition, offsets) => bus.fetch(nameOf(topic), partition, offsets),
    lag: (topic, group) => bus.lag(nameOf(topic), group),
    close: bus.close,
  }
}
