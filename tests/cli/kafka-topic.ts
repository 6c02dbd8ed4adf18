import type { KafkaClient } from '../../src/bus/kafka/client.ts'
import { type KafkaLine, linesOf, type RawMessage } from '../../src/bus/kafka/format.ts'
import { createRangeReader } from '../../src/bus/kafka/range-reader.ts'

/** What stands in a topic: messages as they are, and their lines with the partition of each. */
export interface Standing {
  messages: RawMessage[]
  lines: (KafkaLine & { partition: number })[]
}

/** All of a topic, in the order of each partition. */
export const readTopic = async (client: KafkaClient, topic: string): Promise<Standing> => {
  const messages: RawMessage[] = []
  const reader = createRangeReader(client, topic, message => [message])
  const lines: Standing['lines'] = []
  const ends = await (await client.admin()).fetchTopicOffsets(topic)
  for (const { partition, low, high } of ends.toSorted((a, b) => a.partition - b.partition)) {
    for await (const part of reader.read(partition, Number(low), Number(high))) {
      for (const message of part) {
        messages.push(message)
        const read = linesOf(message, topic)
        if (!Array.isArray(read)) throw new Error(`it cannot be read: ${read.reason}`)
        lines.push(...read.map(line => ({ ...line, partition })))
      }
    }
  }
  await reader.close()
  return { messages, lines }
}
