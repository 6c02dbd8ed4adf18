import { type Chain, createChain, type Link } from './chain.ts'
import { type Clock, type ClockState, createClock, LEAP_MS } from './clock.ts'
import type { OpenSession } from './open-session.ts'
import type { Windower } from './window.ts'

/** An open session by key, with its places. */
export interface KeyedEntry {
  open: OpenSession
  lane: Lane
  inLane: Link<KeyedEntry>
  inAll: Link<KeyedEntry>
}

/** What is open of one source; keys of global scope live in a lane of their own. */
export interface Lane {
  clock: Clock
  /** From the clock of this source to the one that all share, ms. */
  offset?: number | undefined
  /** Sessions by key, and in order of their last event, the most silent first. */
  open: Map<string, KeyedEntry>
  recency: Chain<KeyedEntry>
  /** Windows by stream within the source; '' where it has no streams. */
  windows: Map<string, Windower>
  /** Those with events that no window held yet, the most silent first. */
  waiting: Chain<Windower>
  /** Whether it wrote since real time was told last; and for how long it has not, ms. */
  wrote: boolean
  quiet: number
  /** Where an event went whose stamp is far ahead and not confirmed yet. */
  doubt?: Doubt | undefined
}

export interface Doubt {
  keys: readonly string[]
  /** Stream of its window, where it has no key. */
  stream?: string
}

/** What is remembered of a source beside what is open. */
export interface LaneState {
  clock: ClockState
  offset?: number | undefined
  wrote: boolean
  quiet: number
  doubt?: Doubt | undefined
}

export const laneState = ({ clock, offset, wrote, quiet, doubt }: Lane): LaneState => ({
  clock: clock.state(),
  ...{ offset, wrote, quiet, doubt },
})

export const createLane = (from?: LaneState): Lane => ({
  clock: createClock(from?.clock),
  ...{ offset: from?.offset, wrote: from?.wrote ?? false, quiet: from?.quiet ?? 0 },
  doubt: from?.doubt,
  open: new Map(),
  recency: createChain(),
  windows: new Map(),
  waiting: createChain(),
})

/**
 * Tells the clock that all sources share what time it is in one of them. A source whose stamps are
 * far off (another time zone, a file of another day, a clock that was set) is taken to write now: the
 * shared clock never leaps for one source.
 */
export const observeShared = (own: Lane, clock: Clock): void => {
  const { now } = own.clock
  if (!Number.isFinite(now)) return
  const off = clock.now - now
  own.offset ??= 0
  if (Number.isFinite(off) && Math.abs(off - own.offset) > LEAP_MS) own.offset = off
  clock.observe(now + own.offset)
}
