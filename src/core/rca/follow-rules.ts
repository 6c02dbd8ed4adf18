import { type FollowTable, firstOf, type Pair, pairKey, secondOf, WINDOW } from './follow-table.ts'
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
  /** How many distinct steps usually come up to it: of its trace, and of its span. */
  rank: number
  near: number
}

/** A step that comes in fewer windows is one of several possibilities. */
const ALWAYS = 0.9
/** Times as often as the first step that the second one may be written by itself. */
const MUCH = 1.5
/** What fails more often is no rule. */
const MOST_CHANCE = 0.2
/** Less often seen steps have no rules. */
const LEAST_WINDOWS = 3
/** Possibilities that a rule lists. */
const MOST_NEXT = 10

interface Tables {
  whole?: FollowTable
  parts?: FollowTable
  endless?: boolean
}

const rankIn = ({ pairs }: FollowTable, { step, next }: FollowRule): number => {
  const pair = pairs.get(pairKey(step, next[0]!))
  return pair === undefined || pair.k === 0 ? WINDOW + 1 : pair.rank / pair.k
}

/**
 * Rules of a table, by step; steps of which nothing can be expected have none. What runs beside a
 * step is not expected after it.
 * @param how.whole, how.parts tables of whole traces and of their parts, where this one is of the other
 * @param how.endless whether lines may come in any order but for what always follows
 */
export const followRules = (
  table: FollowTable,
  concurrent: ReadonlySet<number> = new Set(),
  { whole = table, parts = table, endless = false }: Tables = {},
): Map<number, FollowRule> => {
  const byStep = new Map<number, [number, Pair][]>()
  for (const [key, pair] of table.pairs) {
    if (pair.k === 0 || concurrent.has(key)) continue
    const own = table.windows.get(firstOf(key))?.n ?? 0
    // In an endless stream only what is written about as often can come of it.
    if (endless && (table.windows.get(secondOf(key))?.n ?? 0) > MUCH * own) continue
    const list = byStep.get(firstOf(key))
    if (list === undefined) byStep.set(firstOf(key), [[secondOf(key), pair]])
    else list.push([secondOf(key), pair])
  }
  const rules = new Map<number, FollowRule>()
  for (const [step, pairs] of byStep) {
    const { n } = table.windows.get(step) ?? { n: 0 }
    if (n < LEAST_WINDOWS) continue
    const rule = oneStep(step, pairs, n) ?? (endless ? undefined : anyStep(step, pairs, n))
    if (rule === undefined) continue
    rule.rank = rankIn(whole, rule)
    rule.near = rankIn(parts, rule)
    rules.set(step, rule)
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
    ...{ due: delay / k, wait: longest, rank: 0, near: 0 },
  }
}

/** Any of the steps that were seen to come at once; how surely, tells how many were seen only once. */
const anyStep = (
  step: number,
  pairs: readonly [number, Pair][],
  n: number,
): FollowRule | undefined => {
  const direct = pairs.filter(([, pair]) => pair.direct > 0)
  const sorted = direct.sort(([, a], [, b]) => b.direct - a.direct).slice(0, MOST_NEXT)
  const covered = sorted.reduce((sum, [, pair]) => sum + pair.direct, 0)
  const once = direct.filter(([, pair]) => pair.direct === 1).length
  const d = Math.min(n, n - covered + once)
  const p0 = shareOf(d, n)
  if (sorted.length === 0 || p0 > MOST_CHANCE) return undefined
  const [, first] = sorted[0]!
  return {
    ...{ step, next: sorted.map(([next]) => next), n, d, p0, due: first.delay / first.k },
    ...{ rank: 0, near: 0 },
    wait: Math.max(...sorted.map(([, pair]) => pair.longest)),
  }
}
