import { pairKey } from './follow-table.ts'
import { type Frame, WARN } from './frame.ts'
import { addHistogram, createHistogram, type Histogram, record } from './histogram.ts'
import { placeOf } from './parents.ts'

/** How time passes from a line to the next one of a trace. */
export const INSIDE = 0
export const CALL = 1
export const RETURN = 2
/** From the end of one trace to the begin of the next, where nothing else runs: a client's pause. */
export const PAUSE = 3
export type GapKind = typeof INSIDE | typeof CALL | typeof RETURN | typeof PAUSE

export interface GapTable {
  /** By steps of both lines, by services and kind, and by kind. */
  pairs: Map<number, Histogram>
  /** Pauses by the first steps of both traces, and by that of the second after any. */
  pauses: Map<number, Histogram>
  /** By step of the second line: waiting is told by what is written after it. */
  into: Map<number, Histogram>
  links: Map<number, Histogram>
  kinds: Map<number, Histogram>
}

/** Stands for the step of any trace before a pause. */
export const ANY = -1

/** Lines that are looked back at for one that always comes before. */
const BACK = 8

export const createGapTable = (): GapTable => ({
  pairs: new Map(),
  pauses: new Map(),
  into: new Map(),
  links: new Map(),
  kinds: new Map(),
})

export const linkKey = (from: number, to: number, kind: number): number =>
  pairKey(from, to) * 4 + kind

/** Rare pairs are judged by all gaps of their kind, those into lines of trouble by themselves. */
export const poolOf = (kind: GapKind, isTrouble: boolean): number => kind + (isTrouble ? 4 : 0)

export interface Gap {
  /** Positions of the two lines. */
  from: number
  to: number
  kind: GapKind
  ms: number
  /** Steps that it is known by. */
  steps: [number, number]
  /** Services between which it lies: who called or was at work, and who was called or went on. */
  ends: [number, number]
}

/** Which services a service is called by. */
export type Parents = ReadonlyMap<number, ReadonlySet<number>>

/**
 * The time from each line of a trace back to the last one that did not run beside it: lines of
 * parallel branches are passed over. A call belongs to the caller that is at work, though it may not
 * have written the line before.
 */
export const eachGap = (
  frame: Frame,
  group: Int32Array,
  concurrent: ReadonlySet<number>,
  parents: Parents,
  visit: (gap: Gap) => void,
): void => {
  const { step, at, service, long } = frame
  const entered = new Set<number>()
  /** Services in the order in which they were entered last. */
  const open: number[] = []
  for (let i = 0; i < group.length; i++) {
    const to = group[i]!
    const place = placeOf(frame, to)
    const isNew = !entered.has(place)
    entered.add(place)
    const caller = isNew ? callerOf(open, parents.get(service[to]!)) : -1
    if (isNew) open.push(service[to]!)
    let j = i - 1
    const last = Math.max(0, i - BACK)
    while (j > last && concurrent.has(pairKey(step[group[j]!]!, step[to]!))) j--
    if (j < 0) continue
    const from = group[j]!
    if (long[from]! || long[to]!) continue
    const ms = Math.max(0, at[to]! - at[from]!)
    const steps: [number, number] = [step[from]!, step[to]!]
    if (isNew && caller >= 0 && caller !== service[to]) {
      visit({ from, to, kind: CALL, ms, steps, ends: [caller, service[to]!] })
      continue
    }
    const kind = service[from] === service[to] ? INSIDE : isNew ? CALL : RETURN
    visit({ from, to, kind, ms, steps, ends: [service[from]!, service[to]!] })
  }
}

/**
 * Pauses between traces that follow one another: where a client calls back to back, what delays the
 * first line of a service, or its last answer, shows here only.
 */
export const eachPause = (
  { traces, at, service, step }: Frame,
  visit: (gap: Gap) => void,
): void => {
  const sorted = traces.toSorted((a, b) => at[a[0]!]! - at[b[0]!]!)
  let last: Int32Array | undefined
  for (const group of sorted) {
    const to = group[0]!
    const from = last?.at(-1)
    if (from === undefined || at[group.at(-1)!]! > at[from]!) {
      if (from !== undefined && at[to]! >= at[from]!) {
        const first = last![0]!
        const ends: [number, number] = [service[first]!, service[to]!]
        const steps: [number, number] = [step[first]!, step[to]!]
        visit({ from, to, kind: PAUSE, ms: at[to]! - at[from]!, steps, ends })
      }
      last = group
    }
  }
}

/** Of the known callers the one that was entered last; −1 where none was. */
const callerOf = (open: readonly number[], known: ReadonlySet<number> | undefined): number => {
  if (known === undefined) return -1
  for (let i = open.length - 1; i >= 0; i--) if (known.has(open[i]!)) return open[i]!
  return -1
}

export const countGaps = (
  table: GapTable,
  frame: Frame,
  concurrent: ReadonlySet<number>,
  parents: Parents,
): void => {
  const note = (to: Map<number, Histogram>, key: number, ms: number): void => {
    let histogram = to.get(key)
    if (histogram === undefined) {
      histogram = createHistogram()
      to.set(key, histogram)
    }
    record(histogram, ms)
  }
  const { step, level } = frame
  eachPause(frame, ({ ms, steps }) => {
    note(table.pauses, pairKey(...steps), ms)
    note(table.pauses, pairKey(ANY, steps[1]), ms)
  })
  for (const group of frame.traces) {
    eachGap(frame, group, concurrent, parents, ({ from, to, kind, ms, ends }) => {
      note(table.pairs, pairKey(step[from]!, step[to]!), ms)
      // Lines of trouble come after waiting, retrying and the like: a population of their own.
      const pool = poolOf(kind, level[to]! >= WARN || level[from]! >= WARN)
      if (pool === kind) note(table.into, step[to]!, ms)
      if (pool === kind) note(table.links, linkKey(...ends, kind), ms)
      note(table.kinds, pool, ms)
    })
  }
}

export const addGapTable = (to: GapTable, from: GapTable): void => {
  for (const part of ['pairs', 'pauses', 'into', 'links', 'kinds'] as const) {
    for (const [key, histogram] of from[part]) {
      const known = to[part].get(key)
      if (known === undefined) {
        const copy = createHistogram()
        addHistogram(copy, histogram)
        to[part].set(key, copy)
      } else addHistogram(known, histogram)
    }
  }
}
