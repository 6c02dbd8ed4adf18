import { LogbertError } from '../errors.ts'
import type { LogEvent, Session } from '../types.ts'
import { type Clock, type ClockState, createClock, LEAP_MS } from './clock.ts'
import { createKeyReader, type KeyRule } from './key-rule.ts'
import { append, closeSession, type OpenSession, openSession } from './open-session.ts'
import {
  checkWindow,
  createWindower,
  type Windower,
  type WindowRule,
  type WindowState,
} from './window.ts'

export interface SequencerOptions {
  /** What makes a session; without it every line goes to windows. */
  key?: KeyRule
  /** What separates long-lived streams within a source (hosts, nodes) for windows. */
  stream?: KeyRule
  /** How lines without a key are cut; 100 events, tumbling, when absent. */
  window?: WindowRule
  /**
   * Silence in ms of event time that closes a session, and the open window of a stream. When absent
   * sessions close by silence only if the rule says that values are reused, windows never: files
   * are read to their end.
   */
  idleMs?: number
  /** Events at which a session is cut; it goes on as a new session of the same key. */
  maxLength?: number
  /** Open sessions at once; the least recently used one is closed beyond that. */
  maxOpen?: number
  /** Events held in all open sessions; the least recently used one is closed beyond that. */
  maxHeld?: number
  /** Keeps message texts for explanations. */
  keepTexts?: boolean
}

export interface SequencerStats {
  events: number
  /** Events with at least one key, and events that went to windows. */
  keyed: number
  unkeyed: number
  /** Events that stand in more than one session. */
  shared: number
  /** Sessions and windows closed so far, by reason. */
  closed: Record<Session['closedBy'], number>
  open: number
  held: number
}

interface SequencerState {
  version: number
  lanes: {
    source: string
    clock: ClockState
    offset?: number | undefined
    windows: [string, WindowState][]
  }[]
  shared: ClockState
  /** Least recently used first. */
  open: OpenSession[]
  stats: SequencerStats
}

/** Turns events into sessions and windows; see `createSequencer`. */
export interface Sequencer {
  /** Takes the next event; returns the sessions that it closed (not those it opened). */
  push(event: LogEvent): Session[]
  /** Time went on without events: closes what has been silent for too long. */
  advance(now: number): Session[]
  /** The input ended: closes everything, least recently used first. */
  flush(): Session[]
  /** Open sessions and clocks as plain JSON, for `createSequencer(options, snapshot)`. */
  snapshot(): unknown
  readonly stats: SequencerStats
}

/** What is open of one source; keys of global scope live in a lane of their own. */
interface Lane {
  clock: Clock
  /** From the clock of this source to the one that all share, ms; set at its first event. */
  offset?: number | undefined
  /** Least recently used first. */
  open: Map<string, OpenSession>
  windows: Map<string, Windower>
}

const VERSION = 1
const MAX_LENGTH = 4096
const MAX_OPEN = 100_000
const MAX_HELD = 5_000_000
/** Sources and streams with an open window; the oldest window is closed beyond that. */
const MAX_WINDOWS = 10_000

/**
 * Groups events to sessions by key and, where a line has none, to windows of its source. A line
 * with several keys belongs to each. Sources are kept apart (a rule of global scope joins a key over
 * sources; its session carries the source of its first line). Order of arrival rules; stamps serve
 * only to notice silence. Nothing is dropped: every event is in at least one session.
 * @throws LogbertError BAD_CONFIG for options out of range, BAD_INPUT for a snapshot of another
 * version.
 */
export const createSequencer = (options: SequencerOptions = {}, snapshot?: unknown): Sequencer => {
  const { key, stream, keepTexts = false } = options
  const maxLength = atLeastOne('maxLength', options.maxLength ?? MAX_LENGTH)
  const maxOpen = atLeastOne('maxOpen', options.maxOpen ?? MAX_OPEN)
  const maxHeld = atLeastOne('maxHeld', options.maxHeld ?? MAX_HELD)
  const windowIdle = atLeastOne('idleMs', options.idleMs ?? Number.POSITIVE_INFINITY)
  const idle = options.idleMs ?? (key?.reused === true ? key.idleMs : undefined) ?? windowIdle
  const rule = checkWindow(options.window ?? { by: 'count', size: 100 })
  const keysOf = key === undefined ? () => [] : createKeyReader(key)
  const streamOf = stream === undefined ? () => [] : createKeyReader(stream)
  const saved = readState(snapshot)
  const lanes = new Map<string, Lane>()
  const shared = createLane(saved?.shared)
  /** Every open session with its lane, least recently used first. */
  const recency = new Map<OpenSession, Lane>()
  const stats = saved?.stats ?? createStats()
  let windows = 0

  const laneOf = (source: string): Lane => {
    let lane = lanes.get(source)
    if (lane === undefined) {
      lane = createLane()
      lanes.set(source, lane)
    }
    return lane
  }
  const keyLane = (source: string): Lane => (key?.scope === 'global' ? shared : laneOf(source))
  const count = (session: Session, out: Session[]): void => {
    stats.closed[session.closedBy] += 1
    out.push(session)
  }
  const close = (lane: Lane, open: OpenSession, by: Session['closedBy'], out: Session[]): void => {
    lane.open.delete(open.key)
    recency.delete(open)
    stats.open -= 1
    stats.held -= open.events.length
    count(closeSession(open, by), out)
  }
  const closeSilent = (lane: Lane, out: Session[]): void => {
    if (idle !== Number.POSITIVE_INFINITY) {
      for (const open of lane.open.values()) {
        if (lane.clock.elapsed - open.touched <= idle) break
        close(lane, open, 'idle', out)
      }
    }
    if (windowIdle === Number.POSITIVE_INFINITY) return
    for (const windower of lane.windows.values()) {
      if (lane.clock.elapsed - windower.touched > windowIdle) cutWindow(windower, 'idle', out)
    }
  }
  const cutWindow = (windower: Windower, by: Session['closedBy'], out: Session[]): void => {
    const emitted: Session[] = []
    stats.held -= windower.held
    windower.close(by, emitted)
    for (const session of emitted) count(session, out)
  }
  const addKeyed = (event: LogEvent, name: string, lane: Lane, out: Session[]): void => {
    let open = lane.open.get(name)
    if (open === undefined) {
      open = openSession(name, event.source, 'key', keepTexts)
      stats.open += 1
    } else {
      lane.open.delete(name)
      recency.delete(open)
    }
    lane.open.set(name, open)
    recency.set(open, lane)
    append(open, event, lane.clock.elapsed)
    stats.held += 1
    if (open.events.length >= maxLength) close(lane, open, 'length', out)
  }
  const windowerOf = (lane: Lane, source: string, name: string, out: Session[]): Windower => {
    let windower = lane.windows.get(name)
    if (windower !== undefined) return windower
    if (windows >= MAX_WINDOWS) evictWindow(out)
    windower = createWindower(rule, windowOptions(lane, source, name))
    lane.windows.set(name, windower)
    windows += 1
    return windower
  }
  const windowOptions = (lane: Lane, source: string, name: string) => ({
    source,
    name: name === '' ? '' : `${name} `,
    clock: lane.clock,
    keepTexts,
  })
  const evictWindow = (out: Session[]): void => {
    for (const [source, lane] of lanes) {
      const first = lane.windows.entries().next().value
      if (first === undefined) {
        if (lane.open.size === 0) lanes.delete(source)
        continue
      }
      cutWindow(first[1], 'evicted', out)
      lane.windows.delete(first[0])
      windows -= 1
      return
    }
  }
  const addPlain = (event: LogEvent, lane: Lane, out: Session[]): void => {
    const windower = windowerOf(lane, event.source, streamOf(event)[0] ?? '', out)
    const emitted: Session[] = []
    stats.held -= windower.held
    windower.push(event, emitted)
    stats.held += windower.held
    for (const session of emitted) count(session, out)
  }
  const evict = (out: Session[]): void => {
    while (stats.open > maxOpen || stats.held > maxHeld) {
      const oldest = recency.entries().next().value
      if (oldest !== undefined) close(oldest[1], oldest[0], 'evicted', out)
      else if (windows > 0) evictWindow(out)
      else return
    }
  }
  const push = (event: LogEvent): Session[] => {
    const out: Session[] = []
    const own = laneOf(event.source)
    own.clock.observe(event.at)
    const lane = keyLane(event.source)
    if (lane !== own) observeShared(own, lane.clock)
    closeSilent(own, out)
    if (lane !== own) closeSilent(lane, out)
    const keys = keysOf(event)
    stats.events += 1
    if (keys.length === 0) {
      stats.unkeyed += 1
      addPlain(event, own, out)
    } else {
      stats.keyed += 1
      if (keys.length > 1) stats.shared += 1
      for (const name of keys) addKeyed(event, name, lane, out)
    }
    if (stats.open > maxOpen || stats.held > maxHeld) evict(out)
    return out
  }
  const everyLane = (): Lane[] => [...lanes.values(), shared]
  const advance = (now: number): Session[] => {
    const out: Session[] = []
    for (const lane of everyLane()) {
      lane.clock.advance(now)
      closeSilent(lane, out)
    }
    return out
  }
  const flush = (): Session[] => {
    const out: Session[] = []
    for (const [open, lane] of recency) close(lane, open, 'end', out)
    for (const lane of everyLane()) {
      for (const windower of lane.windows.values()) cutWindow(windower, 'end', out)
    }
    return out
  }
  const restore = (state: SequencerState): void => {
    for (const { source, clock, offset, windows: list } of state.lanes) {
      const lane = createLane(clock)
      lane.offset = offset
      lanes.set(source, lane)
      for (const [name, from] of list) {
        lane.windows.set(name, createWindower(rule, windowOptions(lane, source, name), from))
        windows += 1
      }
    }
    for (const open of state.open) {
      const lane = keyLane(open.source)
      lane.open.set(open.key, open)
      recency.set(open, lane)
    }
  }
  if (saved !== undefined) restore(saved)
  return {
    push,
    advance,
    flush,
    stats,
    snapshot: (): SequencerState => ({
      version: VERSION,
      lanes: [...lanes].map(([source, { clock, offset, windows: list }]) => ({
        source,
        clock: clock.state(),
        offset,
        windows: [...list].map(([name, windower]) => [name, windower.state()]),
      })),
      shared: shared.clock.state(),
      open: [...recency.keys()],
      stats,
    }),
  }
}

/**
 * Tells the clock that all sources share what time it is in one of them. A source whose stamps are
 * far off (another time zone, a file of another day) is taken to write now, from its first event on.
 */
const observeShared = (own: Lane, clock: Clock): void => {
  const { now } = own.clock
  if (!Number.isFinite(now)) return
  const off = clock.now - now
  own.offset ??= Number.isFinite(off) && Math.abs(off) > LEAP_MS ? off : 0
  clock.observe(now + own.offset)
}

const createLane = (clock?: ClockState): Lane => ({
  clock: createClock(clock),
  open: new Map(),
  windows: new Map(),
})

const createStats = (): SequencerStats => ({
  events: 0,
  keyed: 0,
  unkeyed: 0,
  shared: 0,
  closed: { end: 0, idle: 0, length: 0, window: 0, evicted: 0 },
  open: 0,
  held: 0,
})

const atLeastOne = (name: string, value: number): number => {
  if (value >= 1) return value
  throw new LogbertError(
    'BAD_CONFIG',
    `building sessions failed: ${name} is ${value}; set it to 1 or more`,
  )
}

const readState = (snapshot: unknown): SequencerState | undefined => {
  if (snapshot === undefined) return undefined
  const state = structuredClone(snapshot) as SequencerState
  if (state?.version === VERSION) return state
  throw new LogbertError(
    'BAD_INPUT',
    `restoring open sessions failed: the snapshot's version is ${state?.version}, this program ` +
      `reads ${VERSION}; start without it`,
  )
}
