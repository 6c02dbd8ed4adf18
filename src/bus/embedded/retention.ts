import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Catalog, ChunkRow, TopicRow } from './catalog.ts'
import type { BusFile } from './file.ts'
import type { Writer } from './writer.ts'

export interface RetainRules {
  /** Epoch ms. */
  now: number
  /** Age since they were published beyond which messages go; what senders say of time is no age. */
  maxAgeMs: number
  /** Bytes that each topic may keep. */
  maxBytes: number
}

/** What is gone. */
export interface Retained {
  messages: number
  /** Of what was stored. */
  bytes: number
  /** What the file has given back to the disk, bytes; the rest is used again. */
  freed: number
}

/** Most that one transaction removes, so that it takes a few ms. */
const STEP_BYTES = 2 << 20
const STEP_CHUNKS = 500
const STEP_PAGES = 128

/** Share of the file that stays free for what comes next, so that it need not shrink to grow again. */
const SPARE = 0.1

export interface RetentionDeps {
  file: BusFile
  writer: Writer
  catalog: Catalog
}

/**
 * Removes the oldest chunks of every topic as far as they are too old or too many, in short
 * transactions, and gives free pages back to the disk.
 */
export const createRetention = ({ file, writer, catalog }: RetentionDeps) => {
  const topics = file.reader.prepare('SELECT id, name, next, bytes FROM topic ORDER BY id')
  // A group may have come meanwhile.
  const gone = `
    FROM chunk WHERE topic = ?1 AND first < ?2
      AND first + count <= (SELECT ifnull(min(next), ?2) FROM progress WHERE topic = ?1)`
  const removeBodies = file.writer.prepare(`DELETE FROM body WHERE id IN (SELECT body ${gone})`)
  const removeChunks = file.writer.prepare(`DELETE ${gone}`)

  /** The oldest chunks that may go, as many as one transaction takes. */
  const oldest = (topic: TopicRow, { now, maxAgeMs, maxBytes }: RetainRules): ChunkRow[] => {
    const read = catalog.groups(topic.id)[0]?.next ?? topic.next
    const rows: ChunkRow[] = []
    let from = 0
    for (let bytes = 0; rows.length < STEP_CHUNKS && bytes < STEP_BYTES; ) {
      const row = catalog.chunk(topic.id, { from })
      if (row === undefined || row.first + row.count > read) break
      if (row.stored >= now - maxAgeMs && topic.bytes - row.before <= maxBytes) break
      rows.push(row)
      bytes += row.bytes
      from = row.first + row.count
    }
    return rows
  }
  const removeBefore = (topic: number, end: number): Promise<void> =>
    writer.write('removing old messages', () => {
      removeBodies.run(topic, end)
      removeChunks.run(topic, end)
    })
  const pragma = (name: string): number =>
    Object.values(file.reader.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number

  /** Returns bytes that the disk has back. */
  const shrink = async (): Promise<number> => {
    const size = pragma('page_size')
    const before = pragma('page_count')
    const spare = (before - pragma('freelist_count')) * SPARE
    let pages = Math.floor(pragma('freelist_count') - spare)
    for (; pages > 0; pages -= STEP_PAGES) {
      const step = Math.min(pages, STEP_PAGES)
      await writer.write('giving space back to the disk', () =>
        file.writer.exec(`PRAGMA incremental_vacuum(${step})`),
      )
      writer.wrote(step * size)
      await nextTurn()
      file.checkOpen('giving space back to the disk')
    }
    return Math.max(0, (before - pragma('page_count')) * size)
  }
  return async (rules: RetainRules): Promise<Retained> => {
    const gone: Retained = { messages: 0, bytes: 0, freed: 0 }
    for (const topic of topics.all() as unknown as TopicRow[]) {
      for (let rows = oldest(topic, rules); rows.length > 0; rows = oldest(topic, rules)) {
        const last = rows.at(-1)!
        await removeBefore(topic.id, last.first + last.count)
        for (const { count, bytes } of rows) {
          gone.messages += count
          gone.bytes += bytes
        }
        writer.wrote(rows.reduce((sum, { bytes }) => sum + bytes, 0))
        await nextTurn()
      }
    }
    gone.freed = await shrink()
    return gone
  }
}
