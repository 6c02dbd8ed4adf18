import type { LogEvent, Session } from '../types.ts'
import { type Link, linkOf } from './chain.ts'
import type { Lane } from './lane.ts'
import { countClosed, type SequencerStats } from './sequencer-stats.ts'
import { createWindower, type Windower, type WindowRule, type WindowState } from './window.ts'

/** Streams with an open window; the one opened first is closed beyond that. */
const MAX_WINDOWS = 10_000

/** The windows of all lanes and of the streams in them. */
export interface WindowStore {
  add(event: LogEvent, stream: string, lane: Lane, out: Session[]): void
  closeSilent(lane: Lane, out: Session[]): void
  /** Closes the window of the stream that was opened first; false when there is none. */
  evict(out: Session[]): boolean
  flush(lane: Lane, out: Session[]): void
  /** Every open window, in order of opening, and how to take one back. */
  list(): SavedWindow[]
  restore(saved: SavedWindow, lane: Lane): void
  /** The streams of a lane that wait, the most silent first, and how to put them in that order. */
  waiting(lane: Lane): string[]
  order(lane: Lane, streams: readonly string[]): void
}

export interface SavedWindow {
  source: string
  stream: string
  state: WindowState
}

export interface WindowStoreOptions {
  rule: Required<WindowRule>
  idleMs: number
  keepTexts: boolean
  stats: SequencerStats
}

export const createWindowStore = (options: WindowStoreOptions): WindowStore => {
  const { rule, idleMs, keepTexts, stats } = options
  /** Every windower with the lane and the name it is known by, in order of opening. */
  const all = new Map<
    Windower,
    { source: string; lane: Lane; stream: string; link: Link<Windower> }
  >()

  /** Runs something that emits windows, and keeps count of what is held. */
  const emptied = (windower: Windower, out: Session[], run: (out: Session[]) => void): void => {
    const emitted: Session[] = []
    stats.held -= windower.held
    run(emitted)
    stats.held += windower.held
    countClosed(stats, emitted, out)
  }
  const close = (windower: Windower, by: Session['closedBy'], out: Session[]): void =>
    emptied(windower, out, sessions => windower.close(by, sessions))
  const open = (source: string, stream: string, lane: Lane, state?: WindowState): Windower => {
    const name = stream === '' ? '' : `${stream} `
    const windower = createWindower(rule, { source, name, clock: lane.clock, keepTexts }, state)
    lane.windows.set(stream, windower)
    const link = linkOf(windower)
    if (windower.waiting) lane.waiting.touch(link)
    all.set(windower, { source, lane, stream, link })
    return windower
  }
  const evict = (out: Session[]): boolean => {
    const first = all.entries().next().value
    if (first === undefined) return false
    const [windower, { lane, stream, link }] = first
    close(windower, 'evicted', out)
    lane.windows.delete(stream)
    lane.waiting.remove(link)
    all.delete(windower)
    return true
  }
  return {
    add: (event, stream, lane, out) => {
      let windower = lane.windows.get(stream)
      if (windower === undefined) {
        if (all.size >= MAX_WINDOWS) evict(out)
        windower = open(event.source, stream, lane)
      }
      emptied(windower, out, sessions => windower!.push(event, sessions))
      const { link } = all.get(windower)!
      if (windower.waiting) lane.waiting.touch(link)
      else lane.waiting.remove(link)
    },
    closeSilent: (lane, out) => {
      if (idleMs === Number.POSITIVE_INFINITY) return
      for (const windower of lane.waiting.values()) {
        if (lane.clock.elapsed - windower.touched <= idleMs) return
        lane.waiting.remove(all.get(windower)!.link)
        emptied(windower, out, sessions => windower.rest(sessions))
      }
    },
    evict,
    flush: (lane, out) => {
      for (const windower of lane.windows.values()) close(windower, 'end', out)
      for (const windower of lane.waiting.values()) lane.waiting.remove(all.get(windower)!.link)
    },
    list: () =>
      [...all].map(([windower, { source, stream }]) => ({
        source,
        stream,
        state: windower.state(),
      })),
    restore: ({ source, stream, state }, lane) => {
      open(source, stream, lane, state)
    },
    waiting: lane => [...lane.waiting.values()].map(windower => all.get(windower)!.stream),
    order: (lane, streams) => {
      for (const stream of streams) lane.waiting.touch(all.get(lane.windows.get(stream)!)!.link)
    },
  }
}
