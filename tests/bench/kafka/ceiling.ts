import { createKafkaClient } from '../../../src/bus/kafka/client.ts'
import { parseConfig } from '../../../src/config.ts'

/**
 * A bare consumer that reads a topic to its end and does nothing with it; prints how long it took
 * from the first message, ms. Run as a process: `ceiling.ts BROKERS TOPIC MESSAGES`.
 */
const [brokers, topic, messages] = process.argv.slice(2)
const { kafka } = parseConfig({ env: { LOGBERT__KAFKA__BROKERS: brokers! } })
const consumer = createKafkaClient(kafka).kafka.consumer({
  groupId: `ceiling-${crypto.randomUUID()}`,
  maxBytesPerPartition: kafka.maxFetchBytes,
  maxBytes: 32 << 20,
})
await consumer.connect()
await consumer.subscribe({ topics: [topic!], fromBeginning: true })
let begun: number | undefined
let count = 0
await consumer.run({
  partitionsConsumedConcurrently: 6,
  async eachBatch({ batch }) {
    begun ??= performance.now()
    count += batch.messages.length
    if (count < Number(messages)) return
    console.log(performance.now() - begun)
    process.exit(0)
  },
})
