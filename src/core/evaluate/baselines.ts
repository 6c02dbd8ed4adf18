import type { SequenceSet } from '../sequence/sequence-set.ts'

/** A simple rule to be beaten: scores one sequence and says whether it alarms. */
export type Baseline = (sequence: readonly number[]) => { score: number; anomalous: boolean }

/** Learns from normal sequences; the budget is for those that have a threshold. */
export type FitBaseline = (training: SequenceSet, budget: number) => Baseline

/** Distinct training sequences that edit distance compares with, and their length, at most. */
const MOST_COMPARED = 1000
const MOST_EDITED = 200

const bagOf = (sequence: readonly number[]): string => [...sequence].sort((a, b) => a - b).join(' ')

/** Odd is what was never seen; how often it was seen ranks the rest. */
const unseen =
  (keyOf: (sequence: readonly number[]) => string): FitBaseline =>
  ({ sequences, weights }) => {
    const seen = new Map<string, number>()
    let total = 0
    sequences.forEach((sequence, i) => {
      const key = keyOf(sequence)
      seen.set(key, (seen.get(key) ?? 0) + weights[i]!)
      total += weights[i]!
    })
    return sequence => {
      const count = seen.get(keyOf(sequence)) ?? 0
      return { score: -Math.log((count + 1) / (total + 1)), anomalous: count === 0 }
    }
  }

const unseenEvent: FitBaseline = ({ sequences }) => {
  const known = new Set(sequences.flat())
  return sequence => {
    const score = new Set(sequence.filter(event => !known.has(event))).size
    return { score, anomalous: score > 0 }
  }
}

/** Levenshtein distance with a bound: anything above `most` gives `most` + 1. */
export const editDistance = (a: readonly number[], b: readonly number[], most: number): number => {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const change = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(change, above[j]! + 1, row[j - 1]! + 1)
      if (row[j]! < least) least = row[j]!
    }
    if (least > most) return most + 1
    above = row
  }
  return above[b.length]!
}

/** Edits to the nearest normal sequence, by length; its threshold is the quantile of leave-one-out. */
const nearestEdit: FitBaseline = ({ sequences, weights }, budget) => {
  const order = sequences.map((_, i) => i).sort((a, b) => weights[b]! - weights[a]!)
  const rows = order
    .slice(0, MOST_COMPARED)
    .map(i => ({ row: sequences[i]!.slice(0, MOST_EDITED), copies: weights[i]! }))
  const nearest = (sequence: readonly number[], without = -1): number => {
    const given = sequence.slice(0, MOST_EDITED)
    let best = given.length
    rows.forEach(({ row, copies }, i) => {
      if (best === 0 || (i === without && copies < 2)) return
      best = Math.min(best, editDistance(given, row, best - 1))
    })
    return best / Math.max(1, given.length)
  }
  const held = rows.map(({ row, copies }, i) => ({ score: nearest(row, i), copies }))
  held.sort((a, b) => b.score - a.score)
  let room = budget * held.reduce((sum, { copies }) => sum + copies, 0)
  const limit = held.find(({ copies }) => {
    room -= copies
    return room < 0
  })!.score
  return sequence => {
    const score = nearest(sequence)
    return { score, anomalous: score > limit }
  }
}

/** What any detector must beat to be worth its cost. */
export const BASELINES: Readonly<Record<string, FitBaseline>> = {
  'unseen event': unseenEvent,
  'unseen length': unseen(sequence => `${sequence.length}`),
  'unseen counts': unseen(bagOf),
  'edit distance': nearestEdit,
}
