import type { StatementSync } from 'node:sqlite'
import { telling } from './fault.ts'
import type { BusFile } from './file.ts'

export interface TopicRow {
  id: number
  /** Offset of the next message. */
  next: number
  /** Bytes of all messages there ever were. */
  bytes: number
}

/** Where a chunk is, without its texts. */
export interface ChunkRow {
  first: number
  count: number
  bytes: number
  /** Bytes of the topic before it. */
  before: number
  /** Bounds of the arrival, epoch ms. */
  earliest: number
  latest: number
  stored: number
  /** Id of its texts. */
  body: number
}

export interface FullChunkRow extends ChunkRow {
  /** As `encodeChunk` made it. */
  data: Uint8Array
}

export interface GroupRow {
  name: string
  next: number
}

export interface ChunkRange {
  /** The chunk goes beyond this offset. */
  from: number
  /** Its first offset is before this. */
  to?: number
  since?: number
  until?: number
}

/** What waits for the slowest group, or was kept at all where there is no group. */
export interface Backlog {
  group?: string
  messages: number
  bytes: number
}

/** What is in the file, by questions that cost a few microseconds each. */
export interface Catalog {
  topic(name: string): TopicRow | undefined
  /** The first chunk in a range. */
  chunk(topic: number, range: ChunkRange): ChunkRow | undefined
  /** The same with its texts. */
  fullChunk(topic: number, range: ChunkRange): FullChunkRow | undefined
  /** Furthest behind first. */
  groups(topic: number): GroupRow[]
  /** Offset of the oldest message that is kept; the end when there is none. */
  oldest(topic: TopicRow): number
  backlog(topic: TopicRow): Backlog
}

/** Beyond every time that a message may have: the last one (8.64e15) is before it. */
const FOREVER = Number.MAX_SAFE_INTEGER

export const createCatalog = ({ reader, file, checkOpen }: BusFile): Catalog => {
  const topics = reader.prepare('SELECT id, next, bytes FROM topic WHERE name = ?')
  const firstChunk = (columns: string, from: string) =>
    reader.prepare(`
      SELECT first, count, bytes, before, earliest, latest, stored, body ${columns} FROM chunk ${from}
      WHERE topic = ?1 AND first < ?3 AND first + count > ?2 AND latest >= ?4 AND earliest < ?5
        AND first >= coalesce((SELECT max(first) FROM chunk WHERE topic = ?1 AND first <= ?2), 0)
      ORDER BY first LIMIT 1`)
  const chunks = firstChunk('', '')
  const fullChunks = firstChunk(', data', 'CROSS JOIN body ON body.id = chunk.body')
  const progress = reader.prepare('SELECT name, next FROM progress WHERE topic = ? ORDER BY next')

  const ask = <T>(doing: string, question: () => unknown): T => {
    checkOpen(doing)
    return telling(doing, file, question) as T
  }
  const first = <T>(statement: StatementSync, topic: number, range: ChunkRange): T => {
    const { from, to = Number.MAX_SAFE_INTEGER, since = -FOREVER, until = FOREVER } = range
    return ask('reading messages', () => statement.get(topic, from, to, since, until))
  }
  const chunk: Catalog['chunk'] = (topic, range) => first(chunks, topic, range)
  const groups: Catalog['groups'] = topic => ask('looking for groups', () => progress.all(topic))
  const oldest: Catalog['oldest'] = topic => chunk(topic.id, { from: 0 })?.first ?? topic.next

  return {
    topic: name => ask('looking for a topic', () => topics.get(name)),
    chunk,
    fullChunk: (topic, range) => first(fullChunks, topic, range),
    groups,
    oldest,
    backlog(topic) {
      const slowest = groups(topic.id)[0]
      const at = chunk(topic.id, { from: slowest?.next ?? 0 })
      const group = slowest && { group: slowest.name }
      if (at === undefined) return { messages: 0, bytes: 0, ...group }
      // Retention may have taken some that a group asked for again.
      const from = Math.max(at.first, slowest?.next ?? 0)
      const read = Math.floor((at.bytes * (from - at.first)) / at.count)
      return { messages: topic.next - from, bytes: topic.bytes - at.before - read, ...group }
    },
  }
}
