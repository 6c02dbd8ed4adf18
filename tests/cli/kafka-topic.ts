import type { KafkaClient } from '../../src/bus/kafka/client.ts'
import { type KafkaLine, linesOf, type RawMessage } from '../../src/bus/kafka/format.ts'
import { createRangeReader } from '../../src/bus/kafka/range-reader.ts'
import type { LogbertError } from '../../src/core/errors.ts'

/** What stands in a topic: messages as they are, and their lines with the partition of each. */
export interface Standing {
  messages: RawMessage[]
  lines: (KafkaLine & { partition: number })[]
}

/** All of a topic, in the order of each partition. */
export const readTopic = async (
  client: KafkaClient,
  topic: string,
  tries = 5,
): Promise<Standing> => {
  try {
    return await read(client, topic)
  } catch (error) {
    // A broker that has just started may have no place for groups yet.
    if (tries === 0 || (error as LogbertError).code !== 'AWAY') throw error
    return readTopic(client, topic, tries - 1)
  }
}

const read = async (client: KafkaClient, topic: string): Promise<Standing> => {
  const standing: Standing = { messages: [], lines: [] }
  const reader = createRangeReader(client, topic, message => [message])
  try {
    const ends = await (await client.admin()).fetchTopicOffsets(topic)
    for (const { partition, low, high } of ends.toSorted((a, b) => a.partition - b.partition)) {
      for await (const part of reader.read(partition, Number(low), Number(high))) {
        standing.messages.push(...part)
        for (const message of part) {
          const found = linesOf(message, topic)
          if (!Array.isArray(found)) throw new Error(`it cannot be read: ${found.reason}`)
          standing.lines.push(...found.map(line => ({ ...line, partition })))
        }
      }
    }
    return standing
  } finally {
    await reader.close()
  }
}
