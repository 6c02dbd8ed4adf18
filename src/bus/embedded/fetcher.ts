import { setImmediate as nextTurn } from 'node:timers/promises'
import type { StoredMessage } from '../bus.ts'
import type { Catalog } from './catalog.ts'
import { decodeChunk } from './chunk.ts'

/** Time after which others get a turn while many chunks are decoded, ms. */
const TURN = 10

interface Decoded {
  topic: number
  first: number
  messages: StoredMessage[]
  chars: number
}

export interface Fetcher {
  fetch(topic: string, offsets: readonly number[]): Promise<(StoredMessage | undefined)[]>
  /** Lets go of what retention may have taken. */
  forget(): void
}

/** Single messages by offset; keeps the chunks used last, `maxChars` characters at most. */
export const createFetcher = (catalog: Catalog, maxChars: number): Fetcher => {
  /** Used last at the end. */
  let kept: Decoded[] = []
  let keptChars = 0

  const keep = (chunk: Decoded): void => {
    kept.push(chunk)
    keptChars += chunk.chars
    while (keptChars > maxChars) keptChars -= kept.shift()!.chars
  }
  const find = (topic: number, offset: number): Decoded | undefined => {
    const at = kept.findLastIndex(
      chunk =>
        chunk.topic === topic &&
        offset >= chunk.first &&
        offset < chunk.first + chunk.messages.length,
    )
    if (at < 0) return undefined
    const [chunk] = kept.splice(at, 1)
    kept.push(chunk!)
    return chunk
  }
  const load = (topic: number, offset: number): Decoded | undefined => {
    const row = catalog.fullChunk(topic, { from: offset, to: offset + 1 })
    if (row === undefined) return undefined
    const messages = decodeChunk(row.data, row.first)
    const chars = messages.reduce((sum, { text }) => sum + text.length, 0)
    const chunk = { topic, first: row.first, messages, chars }
    keep(chunk)
    return chunk
  }
  return {
    async fetch(topic, offsets) {
      const row = catalog.topic(topic)
      if (row === undefined) return offsets.map(() => undefined)
      const found: (StoredMessage | undefined)[] = []
      let turn = performance.now()
      for (const offset of offsets) {
        const chunk = find(row.id, offset) ?? load(row.id, offset)
        found.push(chunk?.messages[offset - chunk.first])
        if (performance.now() - turn < TURN) continue
        await nextTurn()
        turn = performance.now()
      }
      return found
    },
    forget() {
      kept = []
      keptChars = 0
    },
  }
}
