import { type FollowTable, firstOf, type Pair, secondOf } from './follow-table.ts'
import { shareOf } from './likelihood.ts'

/** What must come after a step: one of `next`, within `wait` ms. */
export interface FollowRule {
  step: number
  /** The step to blame when none comes, first. */
  next: number[]
  /** Windows seen, and those in which none came. */
  n: number
  d: number
  /** Chance that none comes in normal time. */
  p0: number
  /** How long the first of them usually takes, and the longest that any took, ms. */
  due: number
  wait: number
}

/** A step that comes in fewer windows is one of several possibilities. */
const ALWAYS = 0.9
/** Less often seen steps have no rules. */
const LEAST_WINDOWS = 3
/** Possibilities that a rule lists. */
const MOST_NEXT = 10

/**
 * Rules of a table, by step; steps of which nothing can be expected have none. What runs beside a
 * step is not expected after it.
 */
export const followRules = (
  table: FollowTable,
  concurrent: ReadonlySet<number> = new Set(),
): Map<number, FollowRule> => {
  const byStep = new Map<number, [number, Pair][]>()
  for (const [key, pair] of table.pairs) {
    if (pair.k === 0 || concurrent.has(key)) continue
    const list = byStep.get(firstOf(key))
    if (list === undefined) byStep.set(firstOf(key), [[secondOf(key), pair]])
    else list.push([secondOf(key), pair])
  }
  const rules = new Map<number, FollowRule>()
  for (const [step, pairs] of byStep) {
    const { n, ends } = table.windows.get(step) ?? { n: 0, ends: 0 }
    if (n < LEAST_WINDOWS) continue
    const rule = oneStep(step, pairs, n) ?? anyStep(step, pairs, n, ends)
    if (rule !== undefined) rules.set(step, rule)
  }
  return rules
}

/** The nearest step that (nearly) always comes. */
const oneStep = (
  step: number,
  pairs: readonly [number, Pair][],
  n: number,
): FollowRule | undefined => {
  let best: [number, Pair] | undefined
  for (const entry of pairs) {
    const [, pair] = entry
    if (pair.k < ALWAYS * n) continue
    if (best === undefined || pair.rank / pair.k < best[1].rank / best[1].k) best = entry
  }
  if (best === undefined) return undefined
  const [next, { k, delay, longest }] = best
  return {
    ...{ step, next: [next], n, d: n - k, p0: shareOf(n - k, n) },
    ...{ due: delay / k, wait: longest },
  }
}

/** Any of the steps that were seen to come at once; how surely, tells how many were seen only once. */
const anyStep = (
  step: number,
  pairs: readonly [number, Pair][],
  n: number,
  ends: number,
): FollowRule | undefined => {
  const direct = pairs.filter(([, pair]) => pair.direct > 0)
  const sorted = direct.sort(([, a], [, b]) => b.direct - a.direct).slice(0, MOST_NEXT)
  const covered = sorted.reduce((sum, [, pair]) => sum + pair.direct, 0)
  const once = direct.filter(([, pair]) => pair.direct === 1).length
  const d = Math.min(n, n - covered + once)
  const p0 = shareOf(d, n)
  if (sorted.length === 0 || p0 > 0.5 || ends > n / 2) return undefined
  const [, first] = sorted[0]!
  return {
    ...{ step, next: sorted.map(([next]) => next), n, d, p0, due: first.delay / first.k },
    wait: Math.max(...sorted.map(([, pair]) => pair.longest)),
  }
}
