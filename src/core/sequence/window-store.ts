import type { LogEvent, Session } from '../types.ts'
import { createChain, type Link, linkOf } from './chain.ts'
import type { Lane } from './lane.ts'
import { countClosed, type SequencerStats } from './sequencer-stats.ts'
import { createWindower, type Windower, type WindowRule, type WindowState } from './window.ts'

/** Streams with an open window; the least recently used one is closed beyond that. */
const MAX_WINDOWS = 10_000

/** The windows of all lanes and of the streams in them. */
export interface WindowStore {
  add(event: LogEvent, stream: string, lane: Lane, out: Session[]): void
  closeSilent(lane: Lane, out: Session[]): void
  /** Closes the window of the least recently used stream; false when there is none. */
  evict(out: Session[]): boolean
  flush(lane: Lane, out: Session[]): void
  /** Every open window, least recently used first, and how to take one back. */
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
  /** Real silence of a lane in which what waits is looked at, ms. */
  quietMs: number
  keepTexts: boolean
  stats: SequencerStats
}

interface Place {
  source: string
  lane: Lane
  stream: string
  /** In its lane, where it waits. */
  link: Link<Windower>
  inAll: Link<Windower>
}

export const createWindowStore = (options: WindowStoreOptions): WindowStore => {
  const { rule, idleMs, quietMs, keepTexts, stats } = options
  /** Every windower with the lane and the name it is known by, and its places. */
  const all = new Map<Windower, Place>()
  const recency = createChain<Windower>()

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
    const place = { source, lane, stream, link: linkOf(windower), inAll: linkOf(windower) }
    if (windower.waiting) lane.waiting.touch(place.link)
    recency.touch(place.inAll)
    all.set(windower, place)
    return windower
  }
  const evict = (out: Session[]): boolean => {
    const windower = recency.first
    if (windower === undefined) return false
    const { lane, stream, link, inAll } = all.get(windower)!
    close(windower, 'evicted', out)
    lane.windows.delete(stream)
    lane.waiting.remove(link)
    recency.remove(inAll)
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
      const { link, inAll } = all.get(windower)!
      recency.touch(inAll)
      if (windower.waiting) lane.waiting.touch(link)
      else lane.waiting.remove(link)
    },
    closeSilent: (lane, out) => {
      const silent = lane.quiet >= quietMs
      if (idleMs === Number.POSITIVE_INFINITY && !silent) return
      for (const windower of lane.waiting.values()) {
        if (!silent && lane.clock.elapsed - windower.touched <= idleMs) return
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
      [...recency.values()].map(windower => {
        const { source, stream } = all.get(windower)!
        return { source, stream, state: windower.state() }
      }),
    restore: ({ source, stream, state }, lane) => {
      open(source, stream, lane, state)
    },
    waiting: lane => [...lane.waiting.values()].map(windower => all.get(windower)!.stream),
    order: (lane, streams) => {
      for (const stream of streams) lane.waiting.touch(all.get(lane.windows.get(stream)!)!.link)
    },
  }
}
