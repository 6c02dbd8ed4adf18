import type { Unreadable } from '../../bus/kafka/format.ts'
import type { KafkaProducer } from '../../bus/kafka/producer.ts'
import type { LogLine } from '../../core/types.ts'

/** What could not be read or judged is kept for people; resolves when it is safe. */
export interface DeadLetters {
  unreadable(bad: readonly Unreadable[], partition: number): Promise<void>
  lines(lines: readonly LogLine[], partition: number, why: string): Promise<void>
}

export interface DeadLetterDeps {
  producer: KafkaProducer
  /** Topic that they come from, and the one that they go to. */
  from: string
  to: string
  counted(messages: number): void
}

/** Each as it came, with the reason and its place in headers. */
export const createDeadLetters = ({
  producer,
  from,
  to,
  counted,
}: DeadLetterDeps): DeadLetters => ({
  async unreadable(bad, partition) {
    await producer.publish(
      to,
      bad.map(({ key, value, headers, offset, reason }) => ({
        ...{ key, value },
        headers: { ...headers, ...placeOf(from, partition, `${offset}`, reason) },
      })),
    )
    counted(bad.length)
  },
  async lines(lines, partition, why) {
    await producer.publish(
      to,
      lines.map(({ text, source, ...line }) => ({
        value: text,
        headers: {
          source,
          ...placeOf(from, partition, 'offset' in line ? `${line.offset}` : '', why),
        },
      })),
    )
    counted(lines.length)
  },
})

const placeOf = (topic: string, partition: number, offset: string, reason: string) => ({
  ...{ reason, topic, offset },
  partition: `${partition}`,
})
