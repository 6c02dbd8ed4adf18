import { type Bus, TOPICS } from '../bus/bus.ts'
import { createEmbeddedBus } from '../bus/embedded.ts'
import type { Config } from '../config.ts'

/** Where lines are kept: the file of the embedded bus, or Kafka. */
export type BusPlace = string | Config['kafka']

/** The bus as a process of its own opens it, and the name of its input. */
export const openBus = async (place: BusPlace): Promise<{ bus: Bus; topic: string }> => {
  if (typeof place === 'string') {
    return { bus: createEmbeddedBus({ file: place }), topic: TOPICS.input }
  }
  const [{ createKafkaClient }, { createKafkaBus }] = await Promise.all([
    import('../bus/kafka/client.ts'),
    import('../bus/kafka/driver.ts'),
  ])
  return { bus: createKafkaBus(createKafkaClient(place)), topic: place.topics.input }
}
