import type { BusBatch, ReadRange } from '../bus.ts'
import { messageOf } from './bus-records.ts'
import type { KafkaClient } from './client.ts'
import type { KafkaLine } from './format.ts'
import { offsetOf } from './position.ts'
import type { RangeReader } from './range-reader.ts'

/** Of each partition: first offset that is there, and the one behind the last. */
export type PartitionEnds = Map<number, { low: number; high: number }>

/** Messages so near to each other are fetched together. */
const NEAR = 500

/** Stretches that hold these offsets, each as long as it is worth reading on. */
export const runsOf = (
  offsets: readonly number[],
  { low, high }: { low: number; high: number },
): [first: number, last: number][] => {
  const runs: [number, number][] = []
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    if (offset < low || offset >= high) continue
    const run = runs.at(-1)
    if (run !== undefined && offset - run[1] <= NEAR) run[1] = offset
    else runs.push([offset, offset])
  }
  return runs
}

/** A stretch of a partition as far as it goes at the call, oldest first. */
export async function* readRange(
  client: KafkaClient,
  endsOf: (topic: string) => Promise<PartitionEnds | undefined>,
  readerOf: (topic: string) => RangeReader<KafkaLine>,
  topic: string,
  { partition, from = 0, to = Infinity, since = -Infinity, until = Infinity }: ReadRange,
): AsyncGenerator<BusBatch> {
  const end = (await endsOf(topic))?.get(partition)
  if (end === undefined) return
  const last = to === Infinity ? end.high : Math.min(end.high, offsetOf(to, end.high) + 1)
  let first = from === 0 ? end.low : Math.max(end.low, offsetOf(from, end.high))
  if (since > 0) {
    const admin = await client.admin()
    const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, since)
    const found = offsets.find(each => each.partition === partition)
    // What stands before it is older.
    if (found !== undefined) first = Math.max(first, Number(found.offset))
  }
  if (first >= last) return
  for await (const lines of readerOf(topic).read(partition, first, last)) {
    const messages = lines
      .filter(({ position }) => position >= from && position < to)
      .filter(({ arrived }) => arrived >= since && arrived < until)
      .map(messageOf)
    if (messages.length > 0) yield { partition, messages, next: messages.at(-1)!.offset + 1 }
  }
}
