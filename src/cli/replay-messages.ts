import type { KafkaRecord } from '../bus/kafka/producer.ts'
import type { LogLine } from '../core/types.ts'
import type { LineBatch } from './line-sender.ts'

/** Bytes of a message that holds several lines; brokers take 1 MiB unless told otherwise. */
const PACK_BYTES = 512 << 10

/** What a line is keyed by, undefined where the pattern finds nothing in it. */
export const keyIn = (text: string, pattern: RegExp): string | undefined => {
  const found = pattern.exec(text)
  return found?.[1] || found?.[0] || undefined
}

export interface PackOptions {
  keyOf(line: LogLine): string
  /** By the key, as it would be without packing. */
  partitionOf(key: string): number
  /** Most lines in a message. */
  most: number
}

interface Pack {
  /** Undefined when its lines have several. */
  key: string | undefined
  items: string[]
  bytes: number
}

/**
 * Lines as messages `{"logs": […]}`. Those of one partition go together, in order: so every line
 * comes to the partition, and in the order there, as it would in a message of its own.
 */
export const packed = (
  { lines, source }: LineBatch,
  { keyOf, partitionOf, most }: PackOptions,
): KafkaRecord[] => {
  const records: KafkaRecord[] = []
  const open = new Map<number, Pack>()
  const close = (partition: number, { key, items }: Pack): void => {
    const head = source === undefined ? '' : `"source":${JSON.stringify(source)},`
    const value = `{${head}"logs":[${items.join(',')}]}`
    records.push({ partition, value, ...(key !== undefined && { key }) })
  }
  for (const line of lines) {
    const key = keyOf(line)
    const partition = partitionOf(key)
    const item = JSON.stringify(
      source === undefined
        ? { message: line.text, source: line.source, timestamp: line.arrived }
        : line.text,
    )
    const bytes = Buffer.byteLength(item) + 1
    let pack = open.get(partition)
    if (pack !== undefined && (pack.items.length === most || pack.bytes + bytes > PACK_BYTES)) {
      close(partition, pack)
      pack = undefined
    }
    pack ??= { key, items: [], bytes: 0 }
    open.set(partition, pack)
    if (pack.key !== key) pack.key = undefined
    pack.items.push(item)
    pack.bytes += bytes
  }
  for (const [partition, pack] of open) close(partition, pack)
  return records
}
