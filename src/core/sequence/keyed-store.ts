import type { LogEvent, Session } from '../types.ts'
import type { Lane } from './lane.ts'
import { append, closeSession, type OpenSession, openSession } from './open-session.ts'
import { countClosed, type SequencerStats } from './sequencer-stats.ts'
import { inTimeOrder } from './time-order.ts'

/** The open sessions by key of all lanes, bounded by their recency. */
export interface KeyedStore {
  add(event: LogEvent, key: string, lane: Lane, out: Session[]): void
  /** Closes what has been silent for longer than the limit in this lane. */
  closeSilent(lane: Lane, out: Session[]): void
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
  maxLength: number
  keepTexts: boolean
  /** Set where keys cross sources: to how many ms their times can be compared. */
  resolutionMs?: number | undefined
  stats: SequencerStats
}

export const createKeyedStore = (options: KeyedOptions): KeyedStore => {
  const { idleMs, maxLength, keepTexts, resolutionMs, stats } = options
  /** Every open session with its lane, least recently used first. */
  const recency = new Map<OpenSession, Lane>()

  const close = (open: OpenSession, lane: Lane, by: Session['closedBy'], out: Session[]): void => {
    lane.open.delete(open.key)
    recency.delete(open)
    stats.open -= 1
    stats.held -= open.events.length
    const session = closeSession(open, by)
    const ordered = resolutionMs === undefined ? session : inTimeOrder(session, resolutionMs)
    countClosed(stats, [ordered], out)
  }
  const touch = (open: OpenSession, lane: Lane): void => {
    lane.open.delete(open.key)
    lane.open.set(open.key, open)
    recency.delete(open)
    recency.set(open, lane)
  }
  const create = (event: LogEvent, key: string): OpenSession => {
    stats.open += 1
    return openSession(key, event.source, 'key', keepTexts, resolutionMs !== undefined)
  }
  return {
    add: (event, key, lane, out) => {
      const open = lane.open.get(key) ?? create(event, key)
      touch(open, lane)
      append(open, event, lane.clock.elapsed)
      stats.held += 1
      if (open.events.length >= maxLength) close(open, lane, 'length', out)
    },
    closeSilent: (lane, out) => {
      if (idleMs === Number.POSITIVE_INFINITY) return
      for (const open of lane.open.values()) {
        if (lane.clock.elapsed - open.touched <= idleMs) return
        close(open, lane, 'idle', out)
      }
    },
    evict: out => {
      const oldest = recency.entries().next().value
      if (oldest !== undefined) close(...oldest, 'evicted', out)
      return oldest !== undefined
    },
    flush: out => {
      for (const [open, lane] of recency) close(open, lane, 'end', out)
    },
    restore: touch,
    list: () => [...recency.keys()],
  }
}
