import { createAlphabet } from '../../src/core/detect/alphabet.ts'
import { createBagIndex } from '../../src/core/detect/bag-index.ts'
import { countNeighbours } from '../../src/core/detect/count-neighbours.ts'
import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { evidenceOfAll, join } from '../../src/core/detect/fusion.ts'
import { noveltyAlarms, unseenTypes } from '../../src/core/detect/novelty.ts'
import { fitPanel, VOICES } from '../../src/core/detect/panel.ts'
import { createTail, thresholdOf } from '../../src/core/detect/tail.ts'
import type { SequenceSet } from '../../src/core/sequence/sequence-set.ts'
import type { Judge, Method } from './detect-evaluate.ts'

export const detector: Method = (training, budget, seed) => fitDetector(training, { budget, seed })

type Score = (sequence: readonly number[]) => number

/** Alarms from a threshold on. */
const judge = (score: Score, threshold: number): Judge => ({
  score: sequence => {
    const value = score(sequence)
    return { score: value, anomalous: value >= threshold }
  },
})

/** "Was this event ever seen": number of unseen types. */
const unseenEvent: Method = ({ sequences }) => {
  const known = new Set(sequences.flat())
  return judge(s => unseenTypes(s, known), 1)
}

/** Distance from the usual length in deviations; threshold at the budget's quantile of training. */
const length: Method = ({ sequences, weights }, budget) => {
  const n = weights.reduce((a, b) => a + b, 0)
  const logs = sequences.map(s => Math.log1p(s.length))
  const mean = logs.reduce((sum, x, i) => sum + weights[i]! * x, 0) / n
  const score: Score = s => Math.abs(Math.log1p(s.length) - mean)
  return judge(score, thresholdOf(createTail(sequences.map(score), weights, 0.1), budget))
}

/** The recipe's K by itself: log distance to the three nearest count vectors, leave-one-out. */
const nearestCounts: Method = ({ sequences, weights }, budget) => {
  const alphabet = createAlphabet(sequences)
  const rows = sequences.map(s => alphabet.encode(s))
  const bags = createBagIndex(rows, weights, alphabet.size)
  const held = rows.map((row, i) => countNeighbours(bags.near(bags.bagOf(row), bags.rowBag[i]!)))
  const limit = thresholdOf(createTail(held, weights, 0.5), budget)
  return judge(s => countNeighbours(bags.near(bags.bagOf(alphabet.encode(s)))), limit)
}

const LONGEST = 100
const REFERENCES = 400

/** Levenshtein distance, in two rows; long sessions are compared by their first 100 events. */
const editDistance = (a: readonly number[], b: readonly number[]): number => {
  const [s, t] = [a.slice(0, LONGEST), b.slice(0, LONGEST)]
  let above = Array.from({ length: t.length + 1 }, (_, j) => j)
  s.forEach((x, i) => {
    const row = [i + 1]
    for (let j = 0; j < t.length; j++) {
      row.push(Math.min(row[j]! + 1, above[j + 1]! + 1, above[j]! + (x === t[j] ? 0 : 1)))
    }
    above = row
  })
  return above[t.length]! / Math.max(1, s.length, t.length)
}

/** Share of edits to the nearest of the 400 commonest training sessions, leave-one-out. */
const nearestEdit: Method = ({ sequences, weights }, budget) => {
  const order = sequences.map((_, i) => i).sort((a, b) => weights[b]! - weights[a]!)
  const kept = order.slice(0, REFERENCES)
  const nearest = (s: readonly number[], without = -1): number =>
    kept.reduce(
      (least, i) =>
        i === without && weights[i] === 1 ? least : Math.min(least, editDistance(s, sequences[i]!)),
      1,
    )
  const held = kept.map(i => nearest(sequences[i]!, i))
  const shares = kept.map(i => weights[i]!)
  return judge(s => nearest(s), thresholdOf(createTail(held, shares, 0.05), budget))
}

export const BASELINES: Record<string, Method> = {
  'unseen event': unseenEvent,
  length,
  'nearest counts (K)': nearestCounts,
  'nearest edit distance': nearestEdit,
}

/** The detector with only the voices that `heard` lets through, calibrated anew. */
export const someVoices =
  (heard: (voice: string) => boolean): Method =>
  (training: SequenceSet, budget, seed) => {
    const { parts } = fitDetector(training, { budget, seed })
    const alphabet = createAlphabet(parts.rows)
    const known = new Set(alphabet.ids)
    const rows = parts.rows.map(row => alphabet.encode(row))
    const panel = fitPanel(alphabet, rows, parts.weights)
    const tails = parts.voices.map(voice => voice.tail)
    const weights = VOICES.map((name, v) => (heard(name) ? parts.alone.weights[v]! : 0))
    const fused = rows.map((_, i) => join(evidenceOfAll(panel.leaveOneOut(i), tails), weights))
    const limit = thresholdOf(createTail(fused, parts.weights, 1), budget)
    const newIsOdd = heard('novelty') && noveltyAlarms(parts.noveltyRate, budget)
    const score: Score = s => {
      const unseen = unseenTypes(s, known)
      const { scores } = panel.hear(alphabet.encode(s), unseen)
      const fused = join(evidenceOfAll(scores, tails), weights)
      return newIsOdd && unseen > 0 ? Math.max(fused, limit) : fused
    }
    return judge(score, limit)
  }
