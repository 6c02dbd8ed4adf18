import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import type { Executor } from '../../src/core/exec/executor.ts'
import type { LogbertScore } from '../../src/core/logbert/score.ts'
import type { LogbertScorer } from '../../src/core/logbert/scorer.ts'
import { valuesOf } from '../../src/core/logbert/voices.ts'
import type { LogbertVoices } from '../../src/core/train/logbert-voices.ts'
import type { TrainedLogbert } from '../../src/core/train/trainer.ts'
import type { LogbertTask } from './logbert-data.ts'
import { plainScores } from './logbert-plain.ts'
import { BUDGETS, limitsOf, type Said } from './logbert-table.ts'

const views: Record<string, (score: LogbertScore) => number> = {
  order: s => s.order,
  count: s => s.count,
  distance: s => s.distance,
  'masked mean': s => s.maskedMean,
  'masked max': s => s.maskedMax,
  'next mean': s => s.nextMean,
  'next max': s => s.nextMax,
}

/** Lets `say` speak on everything in a task. */
const sayAll = async <S>(
  { normal, odd, faults }: LogbertTask,
  say: (sequences: readonly number[][]) => Promise<S[]>,
): Promise<{ normal: S[]; odd: S[]; faults: Map<string, S[]> }> => {
  const found = new Map<string, S[]>()
  for (const [kind, made] of faults) found.set(kind, await say(made))
  return { normal: await say(normal.sequences), odd: await say(odd.sequences), faults: found }
}

const mapSaid = <S, T>(
  said: { normal: S[]; odd: S[]; faults: Map<string, S[]> },
  read: (score: S) => T,
) => ({
  normal: said.normal.map(read),
  odd: said.odd.map(read),
  faults: new Map([...said.faults].map(([kind, scores]) => [kind, scores.map(read)])),
})

/** Each view by itself, calibrated on sequences that the network held out. */
export const viewTable = async (
  task: LogbertTask,
  { trained, scorer }: { trained: TrainedLogbert; scorer: LogbertScorer },
  executor: Executor,
): Promise<Said[]> => {
  const { calibration } = trained.split
  const rows = calibration.map(({ row }) => task.training.sequences[row]!)
  const weights = calibration.map(({ weight }) => weight)
  const scores = await scorer.score(rows)
  const said = await sayAll(task, sequences => scorer.score(sequences))
  const plain = await sayAll(task, sequences => plainScores(trained, executor, sequences))
  const limits = limitsOf(await plainScores(trained, executor, rows), weights)
  return [
    ...Object.entries(views).map(([name, read]) => ({
      ...{ name, limits: limitsOf(scores.map(read), weights) },
      ...mapSaid(said, read),
    })),
    { name: 'plain LogBERT', limits, ...plain },
  ]
}

/** The detector without and with LogBERT's voices. */
export const fusedTable = async (
  task: LogbertTask,
  scorer: LogbertScorer,
  { voices }: LogbertVoices,
  seed: number,
): Promise<Said[]> => {
  const out: Said[] = []
  for (const external of [[], voices]) {
    for (const budget of BUDGETS) {
      const detector = fitDetector(task.training, { budget, seed, external })
      const { voices: tuned, joined } = detector.parts
      const weights = tuned.map(({ name }, v) => `${name} ${joined.weights[v]}`).join(', ')
      console.log(`weights at ${100 * budget} %: ${weights}`)
      const said = await sayAll(task, async sequences => {
        const scores = await scorer.score(sequences)
        return sequences.map((sequence, i) =>
          detector.score(sequence, external.length > 0 ? valuesOf(scores[i]!) : undefined),
        )
      })
      // What alarms and what does not stay apart, whatever the scores
      const read = ({ score, anomalous }: ReturnType<typeof detector.score>) =>
        anomalous ? score + 1e6 : score
      const name = external.length > 0 ? 'detector with LogBERT' : 'detector alone'
      out.push({ name, limits: new Map([[budget, 1e6]]), ...mapSaid(said, read) })
    }
  }
  return out
}
