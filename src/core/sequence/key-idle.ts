import type { KeySample } from './key-evidence.ts'
import { createFollowers, type Threads } from './predictability.ts'

/** What the pauses within sessions say about when a session is over. */
export interface Idle {
  /** Silence in ms after which a session may be taken as closed; absent without event times. */
  idleMs?: number
  /** Whether lines after longer silences begin anew: the value was given to another session. */
  reused: boolean
}

interface Pause {
  ms: number
  /** Bits saved when the session is split here: what follows looks more like a beginning. */
  gain: number
}

/** Sessions stay open for this many times the longest pause but one in a thousand. */
const PATIENCE = 3
const MIN_IDLE_MS = 1000
/** Fewer long pauses than this prove nothing. */
const MIN_PAUSES = 5

/**
 * Learns when silence ends a session. A value that comes back for another session (a process id, a
 * worker thread) is known by how it goes on after a long silence: the line is more likely as a first
 * line than as successor of the last one. The split point is the pause from which on splitting saves
 * most code length; when no split pays, values are not reused and long pauses are part of a session.
 */
export const learnIdle = (sample: KeySample, threads: Threads): Idle => {
  const pauses = pausesOf(sample, threads).sort((a, b) => b.ms - a.ms)
  if (pauses.length === 0 || pauses[0]!.ms === 0) return { reused: false }
  let saved = 0
  let best = MIN_PAUSES * Math.log2(pauses.length + 1)
  let split: number | undefined
  for (let i = 0; i < pauses.length; i++) {
    saved += pauses[i]!.gain
    const next = pauses[i + 1]?.ms ?? 0
    // Equal pauses cannot be told apart by their length.
    if (i + 1 < MIN_PAUSES || next === pauses[i]!.ms || saved <= best) continue
    best = saved
    split = Math.max(MIN_IDLE_MS, (pauses[i]!.ms + next) / 2)
  }
  if (split !== undefined) return { idleMs: Math.round(split), reused: true }
  const rare = pauses[Math.floor(pauses.length / 1000)]!.ms
  return { idleMs: Math.max(MIN_IDLE_MS, Math.round(PATIENCE * rare)), reused: false }
}

const FIRST = 0

const pausesOf = (sample: KeySample, threads: Threads): Pause[] => {
  const { events, at, size, sources } = sample
  const model = createFollowers(size)
  const last = new Int32Array(threads.threads).fill(-1)
  for (let i = 0; i < threads.line.length; i++) {
    const line = threads.line[i]!
    const before = last[threads.thread[i]!]!
    model.learn(before < 0 ? FIRST : events[before]! + 1, events[line]!)
    last[threads.thread[i]!] = line
  }
  last.fill(-1)
  const pauses: Pause[] = []
  for (let i = 0; i < threads.line.length; i++) {
    const line = threads.line[i]!
    const before = last[threads.thread[i]!]!
    last[threads.thread[i]!] = line
    // Clocks of two sources may differ by more than any pause.
    if (before < 0 || sources[before] !== sources[line]) continue
    if (Number.isNaN(at[line]! - at[before]!)) continue
    const begins = model.probability(FIRST, events[line]!)
    const follows = model.probability(events[before]! + 1, events[line]!)
    pauses.push({ ms: Math.max(0, at[line]! - at[before]!), gain: Math.log2(begins / follows) })
  }
  return pauses
}
