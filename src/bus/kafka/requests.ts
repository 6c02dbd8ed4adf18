import { partitionOf } from './murmur.ts'
import type { KafkaRecord } from './producer.ts'

/** Records of one partition that go together. */
export interface KafkaRequest {
  partition: number
  records: KafkaRecord[]
}

/** What a record costs beside its bytes. */
const OVERHEAD = 100

/** Bytes, before compression. */
export const sizeOf = ({ key, value, headers = {} }: KafkaRecord): number => {
  let size = OVERHEAD + bytesOf(key) + bytesOf(value)
  for (const name in headers) size += name.length + bytesOf(headers[name] as string | Buffer)
  return size
}

const bytesOf = (part: string | Buffer | null | undefined): number =>
  part == null ? 0 : typeof part === 'string' ? Buffer.byteLength(part) : part.length

/**
 * Records by partition, in order, in requests of so many bytes at most; a larger record goes alone.
 * @param free partition of those without a key: they stay together, and so in order
 */
export const requestsOf = (
  records: readonly KafkaRecord[],
  partitions: number,
  free: number,
  bytes: number,
): KafkaRequest[][] => {
  const lanes = new Map<number, { request: KafkaRequest; size: number; all: KafkaRequest[] }>()
  for (const record of records) {
    const { key, partition = key == null ? free : partitionOf(key, partitions) } = record
    const size = sizeOf(record)
    let lane = lanes.get(partition)
    if (lane === undefined || lane.size + size > bytes) {
      const request = { partition, records: [] }
      const all = lane?.all ?? []
      all.push(request)
      lane = { request, size: 0, all }
      lanes.set(partition, lane)
    }
    lane.request.records.push(record)
    lane.size += size
  }
  return [...lanes.values()].map(({ all }) => all)
}
