import { type Bus, type BusMessage, TOPICS } from '../../bus/bus.ts'
import type { Config } from '../../config.ts'

/**
 * A bus on which our topics have the names that the configuration gives them. Lines of a source stay
 * in one partition; where lines are sorted later, those that came together do, whatever their
 * sources, so that their order is known.
 */
export const renamed = (bus: Bus, { topics, repartition }: Config['kafka']): Bus => {
  const names = new Map<string, string>([
    [TOPICS.input, topics.input],
    [TOPICS.anomaly, topics.anomaly],
    [TOPICS.rca, topics.rca],
    [TOPICS.dlq, topics.dlq],
  ])
  const nameOf = (topic: string): string => names.get(topic) ?? topic
  return {
    about: bus.about,
    publish(topic, messages) {
      if (topic !== TOPICS.input) return bus.publish(nameOf(topic), messages)
      const together = repartition ? crypto.randomUUID() : undefined
      const keyOf = ({ key, source }: BusMessage): string => key ?? together ?? source
      return bus.publish(
        topics.input,
        messages.map(message => ({ ...message, key: keyOf(message) })),
      )
    },
    subscribe: (topic, group, from) => bus.subscribe(nameOf(topic), group, from),
    read: (topic, range) => bus.read(nameOf(topic), range),
    fetch: (topic, partition, offsets) => bus.fetch(nameOf(topic), partition, offsets),
    lag: (topic, group) => bus.lag(nameOf(topic), group),
    close: bus.close,
  }
}
