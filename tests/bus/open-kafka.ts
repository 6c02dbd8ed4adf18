import { createKafkaClient } from '../../src/bus/kafka/client.ts'
import { createKafkaBus } from '../../src/bus/kafka/driver.ts'
import { parseConfig } from '../../src/config.ts'

/** @param place brokers, divided by commas */
export const open = async (place: string) => {
  const { kafka } = parseConfig({ env: { LOGBERT__KAFKA__BROKERS: place } })
  return createKafkaBus(createKafkaClient({ ...kafka, partitions: 3 }))
}
