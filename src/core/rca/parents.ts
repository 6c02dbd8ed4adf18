import { pairKey } from './follow-table.ts'
import type { Frame } from './frame.ts'

/** How often a service was at work on behalf of another one, by callee and caller. */
export type ParentTable = Map<number, number>

/** A stretch of a trace in one place: a span, or a service where there are none. */
interface Visit {
  service: number
  /** Places of its first and last line in the trace. */
  first: number
  last: number
}

export const placeOf = ({ span, service }: Frame, i: number): number =>
  span[i]! >= 0 ? span[i]! : -1 - service[i]!

/** Visits that are looked at for one that encloses another, back in time. */
const MOST_BACK = 50

/**
 * Tells who calls whom by how lines are nested: a caller writes before and after the called one. Where
 * nobody does, the one who wrote last before is taken for it.
 */
export const countParents = (table: ParentTable, frame: Frame): void => {
  const { service } = frame
  const vote = (callee: number, caller: number): void => {
    const key = pairKey(callee, caller)
    table.set(key, (table.get(key) ?? 0) + 1)
  }
  for (const trace of frame.traces) {
    const visits = new Map<number, Visit>()
    trace.forEach((position, i) => {
      const place = placeOf(frame, position)
      const visit = visits.get(place)
      if (visit === undefined) {
        visits.set(place, { service: service[position]!, first: i, last: i })
      } else visit.last = i
    })
    const sorted = [...visits.values()]
    for (let i = 1; i < sorted.length; i++) {
      const own = sorted[i]!
      let caller: number | undefined
      for (let j = i - 1; j >= Math.max(0, i - MOST_BACK) && caller === undefined; j--) {
        const other = sorted[j]!
        if (other.last > own.last && other.service !== own.service) caller = other.service
      }
      const before = service[trace[own.first - 1]!]!
      if (caller === undefined && before !== own.service) caller = before
      if (caller !== undefined) vote(own.service, caller)
    }
  }
}

/** Fewer votes, or a smaller share of them, are taken for chance. */
const LEAST_VOTES = 2
const LEAST_SHARE = 0.05

/** Callers of each service. */
export const parentsOf = (table: ParentTable): Map<number, Set<number>> => {
  const base = pairKey(1, 0)
  const totals = new Map<number, number>()
  for (const [key, n] of table) {
    const callee = Math.floor(key / base)
    totals.set(callee, (totals.get(callee) ?? 0) + n)
  }
  const parents = new Map<number, Set<number>>()
  for (const [key, n] of table) {
    const callee = Math.floor(key / base)
    if (n < LEAST_VOTES || n < LEAST_SHARE * totals.get(callee)!) continue
    const own = parents.get(callee) ?? new Set()
    parents.set(callee, own.add(key % base))
  }
  return parents
}

export const addParents = (to: ParentTable, from: ParentTable): void => {
  for (const [key, n] of from) to.set(key, (to.get(key) ?? 0) + n)
}
