import { LogbertError } from '../../core/errors.ts'
import type { BusBatch, BusConsumer, StoredMessage } from '../bus.ts'
import type { Catalog } from './catalog.ts'
import { decodeChunk } from './chunk.ts'
import type { Writer } from './writer.ts'

/** Bounds of the pause before a consumer looks again for what another process has written, ms. */
const SHORTEST_PAUSE = 1
const LONGEST_PAUSE = 25

/** Bytes of small chunks that are put together into one batch. */
const BATCH_BYTES = 512 << 10

export interface ConsumerDeps {
  catalog: Catalog
  writer: Writer
  topic: string
  /** Offset to begin at. */
  at: number
  commit(next: number): Promise<void>
  /** Resolves after `ms`, or when this process has stored something. */
  pause(ms: number): Promise<void>
  /** The bus is closed. */
  closed(): boolean
}

export const createConsumer = (deps: ConsumerDeps): BusConsumer => {
  const { catalog, writer, topic } = deps
  /** Offset from which on nothing is decoded. */
  let at = deps.at
  let chunk: StoredMessage[] = []
  /** Messages of `chunk` that were taken. */
  let used = 0
  let shut = false
  const gone = (): boolean => shut || deps.closed()

  /** Decodes the next chunk; returns its bytes, 0 at the end. */
  const load = (): number => {
    const row = catalog.topic(topic)
    if (row === undefined || row.next <= at) return 0
    const found = catalog.fullChunk(row.id, { from: at })
    if (found === undefined) return 0
    chunk = decodeChunk(found.data, found.first)
    used = Math.max(0, at - found.first)
    at = found.first + found.count
    writer.read(found.bytes)
    return found.bytes
  }
  const takeNow = (most: number): StoredMessage[] => {
    const messages: StoredMessage[] = []
    for (let bytes = 0; messages.length < most; ) {
      if (used === chunk.length) {
        const more = bytes < BATCH_BYTES ? load() : 0
        if (more === 0) break
        bytes += more
      }
      const end = Math.min(chunk.length, used + most - messages.length)
      while (used < end) messages.push(chunk[used++]!)
    }
    return messages
  }
  return {
    async take(most, ms): Promise<BusBatch | undefined> {
      if (gone()) {
        throw new LogbertError(
          'CANCELLED',
          `reading ${topic} failed: it is closed; subscribe again`,
        )
      }
      const deadline = performance.now() + ms
      for (let pause = SHORTEST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
        const messages = takeNow(Math.max(1, most))
        const last = messages.at(-1)
        if (last !== undefined) return { partition: 0, messages, next: last.offset + 1 }
        const left = deadline - performance.now()
        if (left <= 0) return undefined
        await deps.pause(Math.min(pause, left))
        if (gone()) return undefined
      }
    },
    async commit(partition, next) {
      const end = catalog.topic(topic)?.next ?? 0
      if (partition !== 0 || !Number.isSafeInteger(next) || next < 0 || next > end) {
        throw new LogbertError(
          'BAD_INPUT',
          `committing ${next} of partition ${partition} of ${topic} failed: there is partition 0 ` +
            `with the offsets 0 to ${end}; commit the \`next\` of a batch`,
        )
      }
      await deps.commit(next)
    },
    async close() {
      shut = true
      chunk = []
      used = 0
    },
  }
}
