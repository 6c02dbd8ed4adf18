import type { Frame } from './frame.ts'

/** What is known of a step that comes after another one. */
export interface Pair {
  /** Windows of the first step in which the second came. */
  k: number
  /** Windows in which it came at once. */
  direct: number
  /** Sum of its ranks among the distinct steps of the window. */
  rank: number
  /** Sum and maximum of the delays, ms. */
  delay: number
  longest: number
  /** Traces in which the first of the one came before the first of the other. */
  before: number
}

export interface FollowTable {
  /** Windows that each step opened, and those after which nothing came. */
  windows: Map<number, { n: number; ends: number }>
  pairs: Map<number, Pair>
}

/** Steps are numbered below this. */
const BASE = 2 ** 24
/** Distinct steps that a window holds at most. */
export const WINDOW = 12
/** How far apart two steps may be for their order to be looked at. */
const NEAR = 10

export const pairKey = (a: number, b: number): number => a * BASE + b
export const firstOf = (key: number): number => Math.floor(key / BASE)
export const secondOf = (key: number): number => key % BASE

export const createFollowTable = (): FollowTable => ({ windows: new Map(), pairs: new Map() })

const pairOf = ({ pairs }: FollowTable, a: number, b: number): Pair => {
  const key = pairKey(a, b)
  let pair = pairs.get(key)
  if (pair === undefined) {
    pair = { k: 0, direct: 0, rank: 0, delay: 0, longest: 0, before: 0 }
    pairs.set(key, pair)
  }
  return pair
}

/**
 * Counts what comes after each line of the groups, up to the next line of the same step. The window
 * of an endless stream counts only once it is closed.
 */
export const countFollowers = (
  table: FollowTable,
  { step, at }: Frame,
  groups: readonly Int32Array[],
  endless: boolean,
): void => {
  const seen: number[] = []
  for (const group of groups) {
    for (let i = 0; i < group.length; i++) {
      const a = step[group[i]!]!
      seen.length = 0
      let j = i + 1
      let closed = false
      for (; j < group.length && !closed; j++) {
        const b = step[group[j]!]!
        if (b === a) closed = true
        else if (!seen.includes(b)) closed = seen.push(b) >= WINDOW
      }
      if (endless && !closed) continue
      const window = table.windows.get(a) ?? { n: 0, ends: 0 }
      window.n++
      if (i + 1 === group.length) window.ends++
      table.windows.set(a, window)
      noteWindow(table, step, at, group, i, seen)
    }
  }
}

const noteWindow = (
  table: FollowTable,
  step: Int32Array,
  at: Float64Array,
  group: Int32Array,
  i: number,
  seen: readonly number[],
): void => {
  const a = step[group[i]!]!
  let j = i + 1
  for (const [rank, b] of seen.entries()) {
    while (step[group[j]!] !== b) j++
    const delay = at[group[j]!]! - at[group[i]!]!
    const pair = pairOf(table, a, b)
    pair.k++
    pair.rank += rank + 1
    pair.delay += delay
    if (delay > pair.longest) pair.longest = delay
    if (rank === 0 && j === i + 1) pair.direct++
  }
}

/** Counts which of two steps comes first in a trace, for steps that are near each other. */
export const countOrder = (table: FollowTable, { step }: Frame, groups: readonly Int32Array[]) => {
  for (const group of groups) {
    const firsts = [...new Set(Array.from(group, i => step[i]!))]
    for (let i = 0; i < firsts.length; i++) {
      for (let j = i + 1; j < firsts.length && j <= i + NEAR; j++) {
        pairOf(table, firsts[i]!, firsts[j]!).before++
      }
    }
  }
}

export const addFollowTable = (to: FollowTable, from: FollowTable): void => {
  for (const [step, { n, ends }] of from.windows) {
    const window = to.windows.get(step)
    if (window === undefined) to.windows.set(step, { n, ends })
    else {
      window.n += n
      window.ends += ends
    }
  }
  for (const [key, pair] of from.pairs) {
    const known = to.pairs.get(key)
    if (known === undefined) to.pairs.set(key, { ...pair })
    else {
      known.k += pair.k
      known.direct += pair.direct
      known.rank += pair.rank
      known.delay += pair.delay
      known.longest = Math.max(known.longest, pair.longest)
      known.before += pair.before
    }
  }
}

/** Which way round steps may come: `concurrent` when normal time shows both orders. */
export interface Concurrency {
  concurrent(a: number, b: number): boolean
}

/** Fewer cases the other way round are taken for chance. */
const LEAST_SHARE = 0.05

export const concurrencyOf = (tables: readonly FollowTable[]): Set<number> => {
  const concurrent = new Set<number>()
  for (const { pairs } of tables) {
    for (const [key, { before }] of pairs) {
      if (before === 0) continue
      const back = pairs.get(pairKey(secondOf(key), firstOf(key)))?.before ?? 0
      if (back > 0 && Math.min(before, back) >= LEAST_SHARE * (before + back)) concurrent.add(key)
    }
  }
  return concurrent
}
