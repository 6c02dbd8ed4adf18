import type { Session } from '../types.ts'

export interface SequencerStats {
  events: number
  /** Events with at least one key, and events that went to windows. */
  keyed: number
  unkeyed: number
  /** Events that stand in more than one session by key. */
  shared: number
  /** Events older than the watermark of their source. */
  late: number
  /** Sessions and windows closed so far, by reason. */
  closed: Record<Session['closedBy'], number>
  /** Sessions by key that are open now. */
  open: number
  /** Events held in open sessions and windows. */
  held: number
}

export const createStats = (): SequencerStats => ({
  events: 0,
  keyed: 0,
  unkeyed: 0,
  shared: 0,
  late: 0,
  closed: { end: 0, idle: 0, length: 0, window: 0, evicted: 0 },
  open: 0,
  held: 0,
})

/** Counts finished sessions by their reason and hands them on. */
export const countClosed = (
  stats: SequencerStats,
  sessions: readonly Session[],
  out: Session[],
): void => {
  for (const session of sessions) {
    stats.closed[session.closedBy] += 1
    out.push(session)
  }
}
