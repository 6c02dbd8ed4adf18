import { MOST_KEPT, type Scene } from '../evidence.ts'
import type { FollowRule } from '../follow-rules.ts'

/** How often a rule was kept, and what was seen where it was not. */
export interface MissingCase {
  rule: FollowRule
  n: number
  k: number
  before: { k: number; n: number }
  /** Position of the step, and of what came instead, or −1. */
  seen: { at: number; instead: number; trouble: number; after: Int32Array }[]
  traces: Set<number>
  instances: Map<number, { k: number; n: number }>
  /** Whether the service of the expected step had been in the trace before. */
  back: number
  /** Cases in which the service of the step wrote nothing more in its span. */
  cut: number
}

/** A place where what always comes did not. */
export interface Violation {
  rule: FollowRule
  /** Position of the step, and of the line after it in its trace. */
  at: number
  instead: number
  back: boolean
  cut: boolean
  /** Position of the line of trouble that came before it became evident, or −1. */
  trouble: number
  /** Positions of some of the lines that came after it. */
  after: Int32Array
}

/** Cases by where they are looked at, and by step. */
export type Cases = Map<string, MissingCase>

export const caseOf = (cases: Cases, where: string, rule: FollowRule): MissingCase => {
  const key = `${where} ${rule.step}`
  let own = cases.get(key)
  if (own === undefined) {
    own = {
      ...{ rule, n: 0, k: 0, before: { k: 0, n: 0 }, seen: [], traces: new Set() },
      ...{ instances: new Map(), back: 0, cut: 0 },
    }
    cases.set(key, own)
  }
  return own
}

export const countInstance = ({ instances }: MissingCase, instance: number, k: number): void => {
  if (instance < 0) return
  const count = instances.get(instance) ?? { k: 0, n: 0 }
  count.n++
  count.k += k
  instances.set(instance, count)
}

export const noteMissing = (
  { frame, start }: Scene,
  cases: Cases,
  where: string,
  { rule, at, instead, back, cut, trouble, after }: Violation,
): void => {
  const own = caseOf(cases, where, rule)
  if (frame.at[at]! < start) {
    own.before.n++
    own.before.k++
    return
  }
  own.n++
  own.k++
  if (back) own.back++
  if (cut) own.cut++
  if (own.seen.length < MOST_KEPT) own.seen.push({ at, instead, trouble, after })
  if (own.traces.size < MOST_KEPT) own.traces.add(frame.trace[at]!)
  countInstance(own, frame.instance[at]!, 1)
}
