import type { KafkaProducer } from '../../bus/kafka/producer.ts'
import type { StreamDetection } from '../../core/pipeline/stream-types.ts'
import type { LogLine } from '../../core/types.ts'
import { lineRecord, markRecord } from './sorted-record.ts'

export interface SortedPublisherDeps {
  producer: KafkaProducer
  /** Where sorted lines go, and its partitions. */
  topic: string
  outputs: number
  /** The partition of the input that is sorted. */
  from: number
}

/** A line may come to the brokers so much later than its time says, ms. */
const SLACK_MS = 2_000

/**
 * Publishes sorted lines in their order, and to all partitions the word how far this one has come:
 * who merges them waits for it. A partition in which nothing comes has come to just before now.
 */
export const createSortedPublisher = ({ producer, topic, outputs, from }: SortedPublisherDeps) => {
  let at = Number.NEGATIVE_INFINITY
  return async ({ sorted = [] }: StreamDetection): Promise<void> => {
    let position = -1
    let copy = 0
    const records = sorted.map(each => {
      copy = each.line.position === position ? copy + 1 : 0
      position = each.line.position
      at = Math.max(at, timeOf(each.line))
      return lineRecord(each, from, timeOf(each.line), copy)
    })
    const upTo = sorted.length > 0 ? at : Date.now() - SLACK_MS
    const marks = Array.from({ length: outputs }, (_, partition) =>
      markRecord(partition, from, upTo),
    )
    await producer.publish(topic, [...records, ...marks])
  }
}

/** Lines that waited over a restart have their time no more. */
const timeOf = (line: LogLine & { at?: number }): number => line.at ?? line.arrived
