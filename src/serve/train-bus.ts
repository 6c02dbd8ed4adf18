import { type Bus, TOPICS } from '../bus/bus.ts'
import { createEmbeddedBus } from '../bus/embedded.ts'
import type { Config } from '../config.ts'

/** Where lines are kept: the file of the embedded bus, or Kafka. */
export type BusPlace = string | Config['kafka']

/**
 * The bus as a process of its own opens it, and the name of its input.
 * @param maxLine longest line in characters, where lines have not been cut on their way in
 */
export const openBus = async (
  place: BusPlace,
  maxLine?: number,
): Promise<{ bus: Bus; topic: string }> => {
  if (typeof place === 'string') {
    return { bus: createEmbeddedBus({ file: place }), topic: TOPICS.input }
  }
  const [{ createKafkaClient }, { createKafkaBus }] = await Promise.all([
    import('../bus/kafka/client.ts'),
    import('../bus/kafka/driver.ts'),
  ])
  const limits = maxLine === undefined ? {} : { maxLine }
  return { bus: createKafkaBus(createKafkaClient(place), limits), topic: place.topics.input }
}
