import type { Scene } from '../evidence.ts'
import type { FollowRule } from '../follow-rules.ts'
import { WINDOW } from '../follow-table.ts'
import { type Cases, caseOf, countInstance, type Violation } from './missing-cases.ts'

/** Lines after a place that are kept, to be looked at for names. */
const AFTER = 50

/** Violations of the rules along a group; cases that kept their rule are counted. */
export const walkRules = (
  { frame, end, start }: Scene,
  group: Int32Array,
  rules: ReadonlyMap<number, FollowRule>,
  endless: boolean,
  cases: Cases,
  where: string,
): Violation[] => {
  const { step, at, service, instance } = frame
  const violations: Violation[] = []
  const seen: number[] = []
  const entered = new Set<number>()
  for (let i = 0; i < group.length; i++) {
    const from = group[i]!
    entered.add(service[from]!)
    const rule = rules.get(step[from]!)
    if (rule === undefined || at[from]! > end) continue
    seen.length = 0
    let kept = false
    let closed = false
    for (let j = i + 1; j < group.length && !kept && !closed; j++) {
      const b = step[group[j]!]!
      if (b === rule.step) closed = true
      else if (rule.next.includes(b)) kept = true
      else if (!seen.includes(b)) closed = seen.push(b) >= WINDOW
    }
    kept ||= cameJustBefore(frame, group, i, rule)
    if (kept) {
      const own = caseOf(cases, where, rule)
      if (at[from]! < start) own.before.n++
      else {
        own.n++
        countInstance(own, instance[from]!, 0)
      }
      continue
    }
    const mayCome = !closed && end - at[from]! < 2 * rule.wait + 1
    if (mayCome || (endless && !closed)) continue
    const expected = frame.dictionary.typeService[rule.next[0]! >> 1]!
    violations.push({
      ...{ rule, at: from, instead: i + 1 < group.length ? group[i + 1]! : -1 },
      ...{ back: entered.has(expected), cut: false, trouble: -1 },
      after: group.subarray(i + 1, i + 1 + AFTER),
    })
  }
  return violations
}

/** Clocks of two hosts may differ by this much, ms: well-kept ones do by less. */
const CLOCKS = 10

/** Whether the clocks of two hosts let what should come after a line seem to come before it. */
const cameJustBefore = (
  { step, at, service }: Scene['frame'],
  group: Int32Array,
  i: number,
  { next }: FollowRule,
): boolean => {
  const own = group[i]!
  for (let j = i - 1; j >= 0; j--) {
    const other = group[j]!
    if (at[own]! - at[other]! > CLOCKS || step[other] === step[own]) return false
    if (service[other] !== service[own] && next.includes(step[other]!)) return true
  }
  return false
}
