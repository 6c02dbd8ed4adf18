import type { KeySample } from './key-evidence.ts'
import type { Threads } from './predictability.ts'

/** What the pauses within sessions say about when a session is over. */
export interface Idle {
  /** Silence in ms after which a session may be taken as closed; absent without event times. */
  idleMs?: number
  /** Whether lines after longer silences begin anew: the value was given to another session. */
  reused: boolean
}

interface Pause {
  ms: number
  /** Bits for a split here: an ending stands before it and a beginning behind it. */
  gain: number
}

/** Sessions stay open for this many times the longest pause but one in a thousand. */
const PATIENCE = 3
const MIN_IDLE_MS = 5000
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
  const patience = Math.min(PATIENCE * rare, spanOf(sample.at))
  return { idleMs: Math.max(MIN_IDLE_MS, Math.round(patience)), reused: false }
}

/** Event time that the sample covers: nobody can know of longer pauses. */
const spanOf = (at: Float64Array): number => {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const time of at) {
    if (time < low) low = time
    if (time > high) high = time
  }
  return Math.max(0, high - low)
}

/** Counts of templates as first line, as last line, and anywhere in the sessions. */
interface Edges {
  first: Float64Array
  last: Float64Array
  all: Float64Array
}

const edgesOf = ({ events, size }: KeySample, threads: Threads): Edges => {
  const edges = {
    first: new Float64Array(size),
    last: new Float64Array(size),
    all: new Float64Array(size),
  }
  const latest = new Int32Array(threads.threads).fill(-1)
  for (let i = 0; i < threads.line.length; i++) {
    const event = events[threads.line[i]!]!
    if (latest[threads.thread[i]!]! < 0) edges.first[event]! += 1
    latest[threads.thread[i]!] = event
    edges.all[event]! += 1
  }
  for (const event of latest) edges.last[event]! += 1
  return edges
}

/** How much more likely a template is at an edge of a session than anywhere, in bits; add-half. */
const surplus = (edge: number, edges: number, all: number, lines: number): number =>
  Math.log2(((edge + 0.5) / (edges + 1)) * ((lines + 1) / (all + 0.5)))

const pausesOf = (sample: KeySample, threads: Threads): Pause[] => {
  const { events, at, sources } = sample
  const { first, last, all } = edgesOf(sample, threads)
  const lines = threads.line.length
  const latest = new Int32Array(threads.threads).fill(-1)
  const pauses: Pause[] = []
  for (let i = 0; i < lines; i++) {
    const line = threads.line[i]!
    const before = latest[threads.thread[i]!]!
    latest[threads.thread[i]!] = line
    // Clocks of two sources may differ by more than any pause.
    if (before < 0 || sources[before] !== sources[line]) continue
    if (Number.isNaN(at[line]! - at[before]!)) continue
    const begin = events[line]!
    const end = events[before]!
    const gain =
      surplus(first[begin]!, threads.threads, all[begin]!, lines) +
      surplus(last[end]!, threads.threads, all[end]!, lines)
    pauses.push({ ms: Math.max(0, at[line]! - at[before]!), gain })
  }
  return pauses
}
