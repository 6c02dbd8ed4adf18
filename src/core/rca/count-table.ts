import { pairKey } from './follow-table.ts'
import { BLOCK_MS, type Frame } from './frame.ts'
import { addHistogram, createHistogram, type Histogram, record } from './histogram.ts'

interface Moments {
  sum: number
  squares: number
}

/** How often lines come: within a trace by the kind of trace, else in time. */
export interface CountTable {
  /** Traces by the type of their first line. */
  roots: Map<number, number>
  /** Lines of a type in the traces of a root. */
  flows: Map<number, Moments>
  /** Seconds that any line was seen in, in bins. */
  bins: number
  /** Lines without a trace by type, and new traces by root, in bins of time. */
  times: Map<number, Moments>
  starts: Map<number, Moments>
  /** Time from a line without a trace to the next one of its type and stream. */
  beats: Map<number, Histogram>
  /** Which instance writes lines of which type by itself. */
  writes: Map<number, number>
  /** Traces that came by each instance; the sum of them over the instances of each service. */
  visited: Map<number, number>
  visits: Map<number, number>
  /** Lines of each type, and those at each level. */
  types: Map<number, number>
  /** Types of lines by the worst level they were seen at. */
  worst: Map<number, number>
  lines: number
  /** How long traces take, ms. */
  durations: Histogram
}

export const createCountTable = (): CountTable => ({
  roots: new Map(),
  flows: new Map(),
  bins: 0,
  times: new Map(),
  starts: new Map(),
  beats: new Map(),
  writes: new Map(),
  visited: new Map(),
  visits: new Map(),
  types: new Map(),
  worst: new Map(),
  lines: 0,
  durations: createHistogram(),
})

const bump = (map: Map<number, number>, key: number, by = 1): void => {
  map.set(key, (map.get(key) ?? 0) + by)
}

const noteMoment = (map: Map<number, Moments>, key: number, count: number): void => {
  const moments = map.get(key) ?? { sum: 0, squares: 0 }
  moments.sum += count
  moments.squares += count * count
  map.set(key, moments)
}

const noteValue = (map: Map<number, Histogram>, key: number, value: number): void => {
  let histogram = map.get(key)
  if (histogram === undefined) {
    histogram = createHistogram()
    map.set(key, histogram)
  }
  record(histogram, value)
}

/** Longer silence of everything is a hole between two logs and no interval. */
const hole = (binMs: number): number => 30 * binMs

export const countLines = (table: CountTable, frame: Frame, binMs: number): void => {
  const { size, at, type, level, trace, instance, keeps = always } = frame
  table.lines += size
  const perBin = new Map<number, number>()
  const newTraces = new Map<number, number>()
  const begun = new Set<number>()
  let bin = Number.NaN
  const closeBin = (): void => {
    if (Number.isNaN(bin)) return
    table.bins++
    for (const [key, count] of perBin) noteMoment(table.times, key, count)
    for (const [key, count] of newTraces) noteMoment(table.starts, key, count)
    perBin.clear()
    newTraces.clear()
  }
  for (let i = 0; i < size; i++) {
    const now = keeps(at[i]!) ? Math.floor(at[i]! / binMs) : bin
    if (now !== bin) {
      closeBin()
      bin = now
    }
    bump(table.types, type[i]!)
    if (level[i]! > (table.worst.get(type[i]!) ?? 0)) table.worst.set(type[i]!, level[i]!)
    if (trace[i]! < 0) {
      if (instance[i]! >= 0) bump(table.writes, pairKey(instance[i]!, type[i]!))
      bump(perBin, type[i]!)
    } else if (!begun.has(trace[i]!)) {
      begun.add(trace[i]!)
      bump(newTraces, type[i]!)
    }
  }
  closeBin()
  countBeats(table, frame, binMs)
  countFlows(table, frame)
}

const always = (): boolean => true

/** Whether all that was written between two lines was kept. */
const isWhole = (from: number, to: number, keeps: (at: number) => boolean): boolean => {
  for (let at = from; at < to; at += BLOCK_MS) if (!keeps(at)) return false
  return true
}

const countBeats = (
  table: CountTable,
  { streams, type, at, keeps = always }: Frame,
  binMs: number,
): void => {
  const last = new Map<number, number>()
  for (const stream of streams) {
    last.clear()
    for (const i of stream) {
      const before = last.get(type[i]!)
      if (
        before !== undefined &&
        at[i]! - before < hole(binMs) * 10 &&
        isWhole(before, at[i]!, keeps)
      ) {
        noteValue(table.beats, type[i]!, at[i]! - before)
      }
      last.set(type[i]!, at[i]!)
    }
  }
}

const countFlows = (table: CountTable, { traces, type, service, instance, at }: Frame): void => {
  const own = new Map<number, number>()
  for (const group of traces) {
    const root = type[group[0]!]!
    bump(table.roots, root)
    record(table.durations, at[group.at(-1)!]! - at[group[0]!]!)
    own.clear()
    for (const i of group) bump(own, type[i]!)
    for (const [key, count] of own) noteMoment(table.flows, pairKey(root, key), count)
    const came = new Map(Array.from(group, i => [instance[i]!, service[i]!]))
    for (const [key, owner] of came) {
      if (key < 0) continue
      bump(table.visits, key)
      bump(table.visited, owner)
    }
  }
}

export const addCountTable = (to: CountTable, from: CountTable): void => {
  for (const part of ['roots', 'types', 'visited', 'visits', 'writes'] as const) {
    for (const [key, count] of from[part]) bump(to[part], key, count)
  }
  for (const [key, level] of from.worst) {
    to.worst.set(key, Math.max(level, to.worst.get(key) ?? 0))
  }
  for (const part of ['flows', 'times', 'starts'] as const) {
    for (const [key, { sum, squares }] of from[part]) {
      const known = to[part].get(key)
      if (known === undefined) to[part].set(key, { sum, squares })
      else {
        known.sum += sum
        known.squares += squares
      }
    }
  }
  for (const [key, histogram] of from.beats) {
    const known = to.beats.get(key) ?? createHistogram()
    addHistogram(known, histogram)
    to.beats.set(key, known)
  }
  to.bins += from.bins
  to.lines += from.lines
  addHistogram(to.durations, from.durations)
}

/** Mean and index of dispersion (variance over mean, at least 1) of a count over `n` cases. */
export const meanOf = (
  moments: Moments | undefined,
  n: number,
): { mean: number; phi: number; variance: number } => {
  if (moments === undefined || n === 0) return { mean: 0, phi: 1, variance: 0 }
  const mean = moments.sum / n
  const variance = Math.max(0, moments.squares / n - mean * mean)
  return { mean, phi: Math.max(1, variance / Math.max(mean, 1e-9)), variance }
}
