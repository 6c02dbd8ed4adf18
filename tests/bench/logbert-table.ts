import { createTail, thresholdOf } from '../../src/core/detect/tail.ts'
import type { SequenceSet } from '../../src/core/sequence/sequence-set.ts'
import { pointOf, rankingOf } from '../../src/core/train/metrics.ts'
import type { LogbertTask } from './logbert-data.ts'

/** What something says of all sequences of a task; grows with oddness. */
export interface Said {
  name: string
  normal: number[]
  odd: number[]
  faults: Map<string, number[]>
  /** The least score that alarms, by alarm budget. */
  limits: Map<number, number>
}

export const BUDGETS = [0.001, 0.01]

/** Thresholds from calibration scores and the sessions each of them stands for. */
export const limitsOf = (scores: number[], weights: number[]): Map<number, number> => {
  const tail = createTail(scores, weights, 0.05)
  return new Map(BUDGETS.map(budget => [budget, thresholdOf(tail, budget)]))
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

const shareAbove = (scores: readonly number[], limit: number): string =>
  (scores.filter(score => score >= limit).length / scores.length).toFixed(2)

/** Prints ranking (labels for scoring only) and the label-free operating points of each. */
export const showTable = (
  task: Pick<LogbertTask, 'normal' | 'odd'>,
  all: readonly Said[],
): void => {
  const { normal, odd } = task
  const positive = [...normal.sequences.map(() => 0), ...odd.sequences.map(() => 1)]
  const weights = [...normal.weights, ...odd.weights]
  const kinds = [...(all[0]?.faults.keys() ?? [])]
  const heads = ['what', 'AUROC', 'AUPRC', 'oracle F1', 'budget', 'F1', 'false alarms', ...kinds]
  console.log(`| ${heads.join(' | ')} |\n|${'---|'.repeat(heads.length)}`)
  for (const { name, faults, limits, ...said } of all) {
    const scores = [...said.normal, ...said.odd]
    const { auroc, auprc, oracleF1 } = rankingOf({ scores, positive, weights })
    for (const [budget, limit] of limits) {
      const point = pointOf(
        scores.map(score => score >= limit),
        { positive, weights },
      )
      const cells = [
        ...[name, auroc.toFixed(4), auprc.toFixed(3), oracleF1.toFixed(3), percent(budget)],
        ...[point.f1.toFixed(3), percent(point.falseAlarms)],
        ...kinds.map(kind => shareAbove(faults.get(kind)!, limit)),
      ]
      console.log(`| ${cells.join(' | ')} |`)
    }
  }
}

/** Sessions of a set, repeats counted. */
export const sessionsOf = ({ weights }: SequenceSet): number => weights.reduce((a, b) => a + b, 0)
