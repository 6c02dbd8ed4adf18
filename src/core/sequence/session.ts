import { LogbertError } from '../errors.ts'
import type { LogEvent, Session } from '../types.ts'
import { createKeyReader, type KeyRule } from './key-rule.ts'
import { createKeyedStore } from './keyed-store.ts'
import { createLane, type Lane, type LaneState, laneState, observeShared } from './lane.ts'
import type { OpenSession } from './open-session.ts'
import { createStats, type SequencerStats } from './sequencer-stats.ts'
import { checkWindow, type WindowRule } from './window.ts'
import { createWindowStore, type SavedWindow } from './window-store.ts'

export type { SequencerStats, WindowRule }

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
  /** The same for windows alone; `idleMs` when absent. */
  windowIdleMs?: number
  /** Real silence of a source that ends what is open in it, ms (see `pass`); as event time when absent. */
  quietMs?: number
  /**
   * How much later than its source's latest event an event may come, ms: the watermark. Silence ends
   * a session only that much later; events behind it are taken and counted as late. Default 0.
   */
  latenessMs?: number
  /** Events at which a session is cut; it goes on as a new session of the same key. */
  maxLength?: number
  /** Open sessions at once; the least recently used one is closed beyond that. */
  maxOpen?: number
  /** Events held in all open sessions; the least recently used one is closed beyond that. */
  maxHeld?: number
  /**
   * To how many ms the times of different sources can be compared (1 when absent): sessions of a
   * key of global scope are put in order of time.
   */
  resolutionMs?: number
  /** Keeps message texts for explanations. */
  keepTexts?: boolean
}

/** What is open, as plain JSON. */
export interface SequencerState {
  version: number
  lanes: {
    source: string
    lane: LaneState
    /** Streams with events that no window held yet, the most silent first. */
    waiting: string[]
  }[]
  shared: LaneState
  /** Least recently used first. */
  windows: SavedWindow[]
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
  /**
   * Real time went on, ms: sources that wrote nothing since the last call were silent for so long.
   * Their stamps may be of another day.
   */
  pass(ms: number): Session[]
  /** The input ended: closes everything, least recently used first. */
  flush(): Session[]
  /**
   * Open sessions and clocks as plain JSON, for `createSequencer(options, snapshot)`. It shares what
   * is open: write it out before the next event.
   */
  snapshot(): unknown
  /** What holds events now. */
  held(): OpenSession[]
  /** Whether silence can close anything. */
  readonly waiting: boolean
  readonly stats: SequencerStats
}

const VERSION = 3
const MAX_LENGTH = 4096
const MAX_OPEN = 100_000
const MAX_HELD = 5_000_000
/** Sources that are remembered; one that has nothing open is forgotten beyond that. */
const MAX_LANES = 20_000
const WINDOW: WindowRule = { by: 'count', size: 100 }

/**
 * Groups events to sessions by key and, where a line has none, to windows of its source. A line
 * with several keys belongs to each. Sources are kept apart (a rule of global scope joins a key over
 * sources; its session is in order of time and carries the source of its first line). Within a
 * source order of arrival rules; stamps serve to notice silence. Nothing is dropped: every event is in at least one session.
 * @throws LogbertError BAD_CONFIG for options out of range, BAD_INPUT for a snapshot of another
 * version.
 */
export const createSequencer = (options: SequencerOptions = {}, snapshot?: unknown): Sequencer => {
  const { key, stream } = options
  const limits = checkLimits(options)
  const keysOf = key === undefined ? () => [] : createKeyReader(key)
  const streamOf = stream === undefined ? () => [] : createKeyReader(stream)
  const saved = readState(snapshot)
  const stats = saved?.stats ?? createStats()
  const resolutionMs = key?.scope === 'global' ? (options.resolutionMs ?? 1) : undefined
  const keyed = createKeyedStore({ ...limits, resolutionMs, stats })
  const windows = createWindowStore({ ...limits, idleMs: limits.windowIdleMs, stats })
  const lanes = new Map<string, Lane>()
  let mostLanes = MAX_LANES
  const shared = createLane(saved?.shared)

  const laneOf = (source: string): Lane => {
    let lane = lanes.get(source)
    if (lane === undefined) {
      if (lanes.size >= mostLanes) {
        // Where all hold something none can go: it is not looked at again for every new one.
        mostLanes = forgetLanes(lanes) > 0 ? MAX_LANES : 2 * lanes.size
      }
      lane = createLane()
      lanes.set(source, lane)
    }
    return lane
  }
  const keyLane = (source: string): Lane => (key?.scope === 'global' ? shared : laneOf(source))
  const everyLane = (): Lane[] => [...lanes.values(), shared]
  const closeSilent = (lane: Lane, out: Session[]): void => {
    keyed.closeSilent(lane, out)
    windows.closeSilent(lane, out)
  }
  /** What a confirmed event went to was touched at its time, not before the leap. */
  const settleDoubt = (lane: Lane): void => {
    const { doubt, clock } = lane
    if (doubt === undefined) return
    lane.doubt = undefined
    if (clock.doubtful) return
    for (const key of doubt.keys) keyed.touchAgain(key, lane)
    if (doubt.stream !== undefined) lane.windows.get(doubt.stream)?.touchAgain()
  }
  const push = (event: LogEvent): Session[] => {
    const out: Session[] = []
    const own = laneOf(event.source)
    const lane = keyLane(event.source)
    if (own.clock.now - event.at > limits.latenessMs) stats.late += 1
    own.clock.observe(event.at)
    settleDoubt(own)
    for (const each of [own, lane]) {
      each.wrote = true
      each.quiet = 0
    }
    closeSilent(own, out)
    if (lane !== own) {
      observeShared(own, lane.clock)
      closeSilent(lane, out)
    }
    const keys = event.keys ?? keysOf(event)
    stats.events += 1
    const name = keys.length === 0 ? (streamOf(event)[0] ?? '') : undefined
    if (own.clock.doubtful) {
      own.doubt = { keys: lane === own ? keys : [], ...(name !== undefined && { stream: name }) }
    }
    if (name !== undefined) {
      stats.unkeyed += 1
      windows.add(event, name, own, out)
    } else {
      stats.keyed += 1
      if (keys.length > 1) stats.shared += 1
      for (const name of keys) keyed.add(event, name, lane, out)
    }
    while (stats.open > limits.maxOpen || stats.held > limits.maxHeld) {
      if (!keyed.evict(out) && !windows.evict(out)) break
    }
    return out
  }
  const advance = (now: number): Session[] => {
    const out: Session[] = []
    for (const lane of everyLane()) {
      lane.clock.advance(now)
      closeSilent(lane, out)
    }
    return out
  }
  const pass = (ms: number): Session[] => {
    const out: Session[] = []
    for (const lane of everyLane()) {
      if (lane.wrote) {
        lane.wrote = false
        continue
      }
      lane.quiet += ms
      lane.clock.advance(lane.clock.now + ms * limits.pace)
      closeSilent(lane, out)
    }
    return out
  }
  const flush = (): Session[] => {
    const out: Session[] = []
    keyed.flush(out)
    for (const lane of everyLane()) windows.flush(lane, out)
    return out
  }
  for (const { source, lane } of saved?.lanes ?? []) lanes.set(source, createLane(lane))
  for (const window of saved?.windows ?? []) windows.restore(window, laneOf(window.source))
  for (const { source, waiting } of saved?.lanes ?? []) windows.order(laneOf(source), waiting)
  for (const open of saved?.open ?? []) keyed.restore(open, keyLane(open.source))
  const state = (): SequencerState => ({
    version: VERSION,
    lanes: [...lanes].map(([source, lane]) => ({
      source,
      lane: laneState(lane),
      waiting: windows.waiting(lane),
    })),
    shared: laneState(shared),
    windows: windows.list(),
    open: keyed.list(),
    stats,
  })
  return {
    ...{ push, advance, pass, flush, stats, snapshot: state },
    held: () => openOf(state()),
    get waiting() {
      return stats.open > 0 || everyLane().some(lane => lane.waiting.first !== undefined)
    },
  }
}

/** Everything in a state that holds events: sessions and windows. */
export const openOf = ({ open, windows }: SequencerState): OpenSession[] => [
  ...open,
  ...windows.flatMap(({ state }) => [state.before, state.open].flatMap(held => held ?? [])),
]

/** Forgets the older half of the sources that have nothing open; returns how many. */
const forgetLanes = (lanes: Map<string, Lane>): number => {
  let left = MAX_LANES / 2
  for (const [source, lane] of lanes) {
    if (left === 0) break
    const holds = [...lane.windows.values()].some(windower => windower.held > 0)
    if (lane.open.size > 0 || holds) continue
    lanes.delete(source)
    left -= 1
  }
  return MAX_LANES / 2 - left
}

const checkLimits = (options: SequencerOptions) => {
  const { key, keepTexts = false, window = WINDOW, latenessMs = 0 } = options
  if (!(latenessMs >= 0)) throw outOfRange('latenessMs', latenessMs, 0)
  const ownIdleMs = atLeastOne('idleMs', options.idleMs ?? Number.POSITIVE_INFINITY)
  const windowIdleMs = atLeastOne('windowIdleMs', options.windowIdleMs ?? ownIdleMs) + latenessMs
  const keyIdleMs = options.idleMs ?? (key?.reused === true ? key.idleMs : undefined)
  const quietMs = atLeastOne('quietMs', options.quietMs ?? Number.POSITIVE_INFINITY)
  return {
    keepTexts,
    rule: checkWindow(window),
    windowIdleMs,
    idleMs: (keyIdleMs ?? ownIdleMs) + latenessMs,
    ...{ latenessMs, quietMs },
    // Real time may be told to count for less than event time, never for more.
    pace: Number.isFinite(quietMs) ? Math.min(1, ownIdleMs / quietMs) : 1,
    maxLength: atLeastOne('maxLength', options.maxLength ?? MAX_LENGTH),
    maxOpen: atLeastOne('maxOpen', options.maxOpen ?? MAX_OPEN),
    maxHeld: atLeastOne('maxHeld', options.maxHeld ?? MAX_HELD),
  }
}

const atLeastOne = (name: string, value: number): number => {
  if (value >= 1) return value
  throw outOfRange(name, value, 1)
}

const outOfRange = (name: string, value: number, least: number): LogbertError =>
  new LogbertError(
    'BAD_CONFIG',
    `building sessions failed: ${name} is ${value}; set it to ${least} or more`,
  )

const readState = (snapshot: unknown): SequencerState | undefined => {
  if (snapshot === undefined) return undefined
  const state = snapshot as SequencerState
  if (state?.version === VERSION) return structuredClone(state)
  throw new LogbertError(
    'BAD_INPUT',
    `restoring open sessions failed: the snapshot's version is ${state?.version}, this program ` +
      `reads ${VERSION}; start without it`,
  )
}
