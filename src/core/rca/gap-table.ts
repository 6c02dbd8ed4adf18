import { pairKey } from './follow-table.ts'
import { type Frame, WARN } from './frame.ts'
import { addHistogram, createHistogram, type Histogram, record } from './histogram.ts'

/** How time passes from a line to the next one of a trace. */
export const INSIDE = 0
export const CALL = 1
export const RETURN = 2
export type GapKind = typeof INSIDE | typeof CALL | typeof RETURN

export interface GapTable {
  /** By steps of both lines, by services and kind, and by kind. */
  pairs: Map<number, Histogram>
  /** By step of the second line: waiting is told by what is written after it. */
  into: Map<number, Histogram>
  links: Map<number, Histogram>
  kinds: Map<number, Histogram>
}

/** Lines that are looked back at for one that always comes before. */
const BACK = 8

export const createGapTable = (): GapTable => ({
  pairs: new Map(),
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
}

/**
 * The time from each line of a trace back to the last one that did not run beside it: lines of
 * parallel branches are passed over.
 */
export const eachGap = (
  { step, at, service, span, long }: Frame,
  group: Int32Array,
  concurrent: ReadonlySet<number>,
  visit: (gap: Gap) => void,
): void => {
  const entered = new Set<number>()
  for (let i = 0; i < group.length; i++) {
    const to = group[i]!
    const place = span[to]! >= 0 ? span[to]! : -1 - service[to]!
    const isNew = !entered.has(place)
    entered.add(place)
    let j = i - 1
    const last = Math.max(0, i - BACK)
    while (j > last && concurrent.has(pairKey(step[group[j]!]!, step[to]!))) j--
    if (j < 0) continue
    const from = group[j]!
    if (long[from]! || long[to]!) continue
    const kind = service[from] === service[to] ? INSIDE : isNew ? CALL : RETURN
    visit({ from, to, kind, ms: Math.max(0, at[to]! - at[from]!) })
  }
}

export const countGaps = (table: GapTable, frame: Frame, concurrent: ReadonlySet<number>): void => {
  const note = (to: Map<number, Histogram>, key: number, ms: number): void => {
    let histogram = to.get(key)
    if (histogram === undefined) {
      histogram = createHistogram()
      to.set(key, histogram)
    }
    record(histogram, ms)
  }
  const { step, service, level } = frame
  for (const group of frame.traces) {
    eachGap(frame, group, concurrent, ({ from, to, kind, ms }) => {
      note(table.pairs, pairKey(step[from]!, step[to]!), ms)
      // Lines of trouble come after waiting, retrying and the like: a population of their own.
      const pool = poolOf(kind, level[to]! >= WARN || level[from]! >= WARN)
      if (pool === kind) note(table.into, step[to]!, ms)
      if (pool === kind) note(table.links, linkKey(service[from]!, service[to]!, kind), ms)
      note(table.kinds, pool, ms)
    })
  }
}

export const addGapTable = (to: GapTable, from: GapTable): void => {
  for (const part of ['pairs', 'into', 'links', 'kinds'] as const) {
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
