import type { EventTable, StoredEvent } from '../db/database.ts'

export interface FeedOptions {
  /** Most events in memory; older ones come from the table. Default 4096. */
  kept?: number
  /** Most bytes of them. Default 16 MiB. */
  keptBytes?: number
  /** How long a quiet reader waits, ms. Default 15 s. */
  heartbeatMs?: number
}

/** What filters look at; of transient events the type only. */
export interface FeedEvent extends Pick<StoredEvent, 'kind' | 'source' | 'score'> {
  type: string
}

/** What a reader wants to see. */
export interface EventFilter {
  /** Same for filters that let the same events through: what they read is put together once. */
  key: string
  accepts(event: FeedEvent): boolean
}

export const EVERYTHING: EventFilter = { key: '', accepts: () => true }

/**
 * The stored events and what is said besides, for many readers at once. An event is encoded once
 * and its bytes are shared; a reader is a position and holds no buffer. One that falls behind what
 * is in memory reads the table; what the table has no longer is counted as lost.
 */
export interface EventFeed {
  /** Stores an event of this thread and sends it; gives its id. */
  publish(event: Omit<StoredEvent, 'id'>): number
  /** Another thread has stored more. */
  advance(): void
  /** Says something to who listens now; it is not stored and has no id. */
  transient(type: string, data: unknown): void
  /** A reader of what comes after the event of this id, or of what comes from now on. */
  reader(after?: number, filter?: EventFilter): FeedReader
  /** Resolves when there is more to read, or after the heartbeat. */
  changed(): Promise<void>
  close(): void
}

export interface FeedReader {
  /** The next events as SSE text, empty when there are none now. */
  read(): FeedChunk
}

export interface FeedChunk {
  bytes: Uint8Array
  /** Events that were removed before this reader saw them, whatever its filter. */
  lost: number
  /** There may be more at once. */
  more: boolean
}

interface Entry extends FeedEvent {
  /** Absent for what is not stored. */
  id?: number
  bytes: Uint8Array
}

/** Rows read of the table at once: the thread has other work in between. */
const PAGE = 200
/** Joined chunks that are kept for other readers. */
const MOST_JOINED = 64
/** Entries and bytes that one read gives at most. */
const MOST_READ = 256
const MOST_READ_BYTES = 1 << 18
/** Readers woken in one go: of a thousand the last waits a few ms longer, and the thread is free. */
const MOST_WOKEN = 100
const NOTHING = new Uint8Array(0)
const encoder = new TextEncoder()

const encode = ({ id, type, data }: { id?: number; type: string; data: string }): Uint8Array =>
  encoder.encode(`${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${data}\n\n`)

export const createEventFeed = (table: EventTable, options: FeedOptions = {}): EventFeed => {
  const { kept = 4096, keptBytes = 16 << 20, heartbeatMs = 15_000 } = options
  /** Entries from position `base` on. */
  let entries: Entry[] = []
  let base = 0
  let bytes = 0
  /** Every stored event after `covered` up to `latest` is among the entries. */
  let { last: latest } = table.range()
  let covered = latest
  /** What readers at the same place with the same filter read: put together once. */
  const joined = new Map<string, FeedChunk & { next: number }>()
  let waiting: (() => void)[] = []
  let reading = false

  const wake = (): void => {
    const woken = waiting
    waiting = []
    const wakeSome = (from: number): void => {
      for (const resolve of woken.slice(from, from + MOST_WOKEN)) resolve()
      if (from + MOST_WOKEN < woken.length) setTimeout(wakeSome, 0, from + MOST_WOKEN)
    }
    wakeSome(0)
  }
  const heartbeat = setInterval(wake, heartbeatMs)

  const push = (entry: Entry): void => {
    entries.push(entry)
    bytes += entry.bytes.length
  }
  const drop = (): void => {
    let gone = 0
    while (entries.length - gone > kept || bytes > keptBytes) {
      const { id, bytes: own } = entries[gone++]!
      bytes -= own.length
      if (id !== undefined) covered = id
    }
    if (gone === 0) return
    entries = entries.slice(gone)
    base += gone
  }
  const settle = (): void => {
    drop()
    joined.clear()
    wake()
  }
  const advance = (): void => {
    if (reading) return
    const rows = table.after(latest, PAGE)
    if (rows.length === 0) return
    for (const { data, ...row } of rows) push({ ...row, bytes: encode({ ...row, data }) })
    latest = rows.at(-1)!.id
    settle()
    if (rows.length < PAGE) return
    reading = true
    setTimeout(() => {
      reading = false
      advance()
    })
  }

  const fromMemory = (from: number, filter: EventFilter): FeedChunk & { next: number } => {
    const key = `${from} ${filter.key}`
    const known = joined.get(key)
    if (known !== undefined) return known
    const parts: Uint8Array[] = []
    let size = 0
    let next = from
    const end = base + entries.length
    while (next < end && next - from < MOST_READ && size < MOST_READ_BYTES) {
      const entry = entries[next++ - base]!
      if (!filter.accepts(entry)) continue
      parts.push(entry.bytes)
      size += entry.bytes.length
    }
    const chunk = { bytes: join(parts), lost: 0, more: next < end, next }
    if (joined.size >= MOST_JOINED) joined.clear()
    joined.set(key, chunk)
    return chunk
  }

  const reader = (after: number | undefined, filter: EventFilter = EVERYTHING): FeedReader => {
    /** Latest stored event that is dealt with; one of another database means all of this one. */
    let id = after === undefined ? latest : after > table.range().last ? 0 : after
    /** Position among the entries; undefined while the table is read. */
    let at = after === undefined ? base + entries.length : undefined
    const fromTable = (): FeedChunk => {
      const { first } = table.range()
      const lost = first > id + 1 ? first - id - 1 : 0
      if (lost > 0) id = first - 1
      const rows = table.after(id, PAGE)
      // What is stored but was not read by `advance` yet comes from memory later.
      const mine = rows.filter(row => row.id <= latest)
      id = mine.at(-1)?.id ?? latest
      const parts = mine.filter(row => filter.accepts(row)).map(encode)
      return { bytes: join(parts), lost, more: true }
    }
    return {
      read() {
        if (at === undefined || at < base) {
          // It knows of events that `advance` has not read yet.
          if (id > latest) return { bytes: NOTHING, lost: 0, more: false }
          if (id < covered) return fromTable()
          const found = entries.findIndex(entry => entry.id !== undefined && entry.id > id)
          at = found < 0 ? base + entries.length : base + found
        }
        const chunk = fromMemory(at, filter)
        for (let i = chunk.next - 1; i >= at; i--) {
          const own = entries[i - base]!.id
          if (own === undefined) continue
          id = own
          break
        }
        at = chunk.next
        return chunk
      },
    }
  }
  return {
    publish(event) {
      const id = table.add(event)
      advance()
      return id
    },
    advance,
    transient(type, data) {
      push({ type, bytes: encode({ type, data: JSON.stringify(data) }) })
      settle()
    },
    reader,
    changed: () => new Promise(resolve => waiting.push(resolve)),
    close() {
      clearInterval(heartbeat)
      wake()
    },
  }
}

const join = (parts: readonly Uint8Array[]): Uint8Array => {
  if (parts.length === 0) return NOTHING
  if (parts.length === 1) return parts[0]!
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
