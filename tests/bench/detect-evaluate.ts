import { distinct, type SequenceSet } from '../../src/core/sequence/sequence-set.ts'
import { type Point, pointOf, type Ranking, rankingOf } from '../../src/core/train/metrics.ts'

/** Sessions to learn from, and sessions with truth to try; truth is used for scoring only. */
export interface Task {
  training: number[][]
  normal: number[][]
  odd: number[][]
}

/** Anything that scores sessions and sets its own threshold from training alone. */
export interface Judge {
  score(sequence: readonly number[]): { score: number; anomalous: boolean }
}

export type Method = (training: SequenceSet, budget: number, seed: number) => Judge

/** Figures over all sessions, and with every distinct sequence counted once. */
export interface Result {
  all: Point & Ranking
  distinct: Point & Ranking
  /** Milliseconds to learn. */
  fitMs: number
}

/** Tries a method on a task; every session counts, repeats are scored once. */
export const tryMethod = (method: Method, task: Task, budget = 0.001, seed = 1): Result => {
  const training = distinct(task.training)
  const start = performance.now()
  const judge = method(training, budget, seed)
  const fitMs = performance.now() - start
  return { ...judged(judge, distinct(task.normal), distinct(task.odd)), fitMs }
}

/** What a judge makes of normal and odd sessions. */
export const judged = (
  judge: Judge,
  normal: SequenceSet,
  odd: SequenceSet,
): Omit<Result, 'fitMs'> => {
  const sequences = [...normal.sequences, ...odd.sequences]
  const weights = [...normal.weights, ...odd.weights]
  const positive = sequences.map((_, i) => i >= normal.sequences.length)
  const verdicts = sequences.map(s => judge.score(s))
  const scores = verdicts.map(v => v.score)
  const alarms = verdicts.map(v => v.anomalous)
  return {
    all: { ...pointOf(alarms, { positive, weights }), ...rankingOf({ scores, positive, weights }) },
    distinct: { ...pointOf(alarms, { positive }), ...rankingOf({ scores, positive }) },
  }
}

const HEAD = '  P     R     F1    false %  oracle AUROC  AUPRC'

const line = (r: Point & Ranking): string =>
  [
    r.precision.toFixed(3),
    r.recall.toFixed(3),
    r.f1.toFixed(3),
    (100 * r.falseAlarms).toFixed(3).padStart(7),
    r.oracleF1.toFixed(3),
    r.auroc.toFixed(4),
    r.auprc.toFixed(3),
  ].join(' ')

export const printHead = (title: string): void => {
  console.log(`\n${title}`)
  console.log(`${''.padEnd(26)}${HEAD}   | distinct: F1, oracle, AUROC, AUPRC`)
}

export const printResult = (name: string, { all, distinct: d, fitMs }: Result): void => {
  const short = [d.f1, d.oracleF1, d.auroc, d.auprc].map(x => x.toFixed(3)).join(' ')
  console.log(`${name.padEnd(26)}${line(all)}   | ${short}   ${fitMs.toFixed(0)} ms`)
}

/** Mean, spread and extremes of a figure over draws. */
export const spread = (values: readonly number[]): string => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, values.length - 1)
  const low = Math.min(...values)
  return `${mean.toFixed(4)} ± ${Math.sqrt(variance).toFixed(4)}, worst ${low.toFixed(4)}`
}
