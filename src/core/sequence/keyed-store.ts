import type { LogEvent, Session } from '../types.ts'
import { createChain, linkOf } from './chain.ts'
import type { KeyedEntry, Lane } from './lane.ts'
import { append, closeSession, type OpenSession, openSession } from './open-session.ts'
import { countClosed, type SequencerStats } from './sequencer-stats.ts'
import { inTimeOrder } from './time-order.ts'

/** The open sessions by key of all lanes, bounded by their recency. */
export interface KeyedStore {
  add(event: LogEvent, key: string, lane: Lane, out: Session[]): void
  /** Closes what has been silent for longer than the limit in this lane. */
  closeSilent(lane: Lane, out: Session[]): void
  /** An open session was touched at the present time of its lane. */
  touchAgain(key: string, lane: Lane): void
  /** Closes the least recently used session of all; false when none is open. */
  evict(out: Session[]): boolean
  /** Closes everything, least recently used first. */
  flush(out: Session[]): void
  /** Takes a session of a snapshot back; they come least recently used first. */
  restore(open: OpenSession, lane: Lane): void
  list(): OpenSession[]
}

export interface KeyedOptions {
  idleMs: number
  /** Real silence of a lane that closes what is open in it, ms. */
  quietMs: number
  maxLength: number
  keepTexts: boolean
  /** Set where keys cross sources: to how many ms their times can be compared. */
  resolutionMs?: number | undefined
  stats: SequencerStats
}

export const createKeyedStore = (options: KeyedOptions): KeyedStore => {
  const { idleMs, quietMs, maxLength, keepTexts, resolutionMs, stats } = options
  /** Every open session, least recently used first. */
  const recency = createChain<KeyedEntry>()

  const close = (entry: KeyedEntry, by: Session['closedBy'], out: Session[]): void => {
    const { open, lane } = entry
    lane.open.delete(open.key)
    lane.recency.remove(entry.inLane)
    recency.remove(entry.inAll)
    stats.open -= 1
    stats.held -= open.events.length
    const session = closeSession(open, by)
    const ordered = resolutionMs === undefined ? session : inTimeOrder(session, resolutionMs)
    countClosed(stats, [ordered], out)
  }
  const enter = (open: OpenSession, lane: Lane): KeyedEntry => {
    const entry = { open, lane } as KeyedEntry
    entry.inLane = linkOf(entry)
    entry.inAll = linkOf(entry)
    lane.open.set(open.key, entry)
    return entry
  }
  const touch = (entry: KeyedEntry): void => {
    entry.lane.recency.touch(entry.inLane)
    recency.touch(entry.inAll)
  }
  const create = (event: LogEvent, key: string, lane: Lane): KeyedEntry => {
    stats.open += 1
    const crosses = resolutionMs !== undefined
    return enter(openSession(key, event.source, 'key', keepTexts, crosses), lane)
  }
  return {
    add: (event, key, lane, out) => {
      const entry = lane.open.get(key) ?? create(event, key, lane)
      touch(entry)
      append(entry.open, event, lane.clock.elapsed)
      stats.held += 1
      if (entry.open.events.length >= maxLength) close(entry, 'length', out)
    },
    closeSilent: (lane, out) => {
      const silent = lane.quiet >= quietMs
      if (idleMs === Number.POSITIVE_INFINITY && !silent) return
      for (let entry = lane.recency.first; entry !== undefined; entry = lane.recency.first) {
        if (!silent && lane.clock.elapsed - entry.open.touched <= idleMs) return
        close(entry, 'idle', out)
      }
    },
    touchAgain: (key, lane) => {
      const entry = lane.open.get(key)
      if (entry !== undefined) entry.open.touched = lane.clock.elapsed
    },
    evict: out => {
      const oldest = recency.first
      if (oldest !== undefined) close(oldest, 'evicted', out)
      return oldest !== undefined
    },
    flush: out => {
      for (const entry of recency.values()) close(entry, 'end', out)
    },
    restore: (open, lane) => touch(enter(open, lane)),
    list: () => [...recency.values()].map(({ open }) => open),
  }
}
