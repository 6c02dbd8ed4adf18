import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { chooseExecutor } from '../../src/core/exec/choose.ts'
import type { Backend, Executor } from '../../src/core/exec/executor.ts'
import type { LogbertScore } from '../../src/core/logbert/score.ts'
import { createLogbertScorer, type LogbertScorer } from '../../src/core/logbert/scorer.ts'
import { valuesOf } from '../../src/core/logbert/voices.ts'
import { type LogbertVoices, logbertVoices } from '../../src/core/train/logbert-voices.ts'
import { type TrainedLogbert, trainLogbert } from '../../src/core/train/trainer.ts'
import { executorDeps } from '../../src/platform/bun.ts'
import { withoutData } from '../data.ts'
import type { Bench } from './bench.ts'
import { hdfsTask, type LogbertTask } from './logbert-data.ts'
import { plainScores } from './logbert-plain.ts'
import { BUDGETS, limitsOf, type Said, sessionsOf, showTable } from './logbert-table.ts'

const SESSIONS = 4855
const SEED = 1

/** Runs and gives the seconds it took. */
const timed = async <T>(run: () => Promise<T>): Promise<[T, number]> => {
  const start = performance.now()
  const result = await run()
  return [result, (performance.now() - start) / 1000]
}

const train = async (task: LogbertTask, executor: Executor) => {
  let speed = 0
  let peak = 0
  const [trained, seconds] = await timed(() =>
    trainLogbert(task.training, {
      ...{ executor, seed: SEED },
      onProgress: ({ tokensPerSecond }) => {
        speed = tokensPerSecond
        peak = Math.max(peak, process.memoryUsage.rss())
      },
    }),
  )
  const scorer = await createLogbertScorer(trained, executor)
  const options = { executor, seed: SEED, budget: BUDGETS[0]! }
  const [voices, more] = await timed(() => logbertVoices(task.training, trained, scorer, options))
  const { epochs, bestEpoch, steps, heldOutLoss } = trained
  console.log(
    `training: ${seconds.toFixed(1)} s, ${epochs} epochs (best ${bestEpoch}), ${steps} steps, ` +
      `${Math.round(speed).toLocaleString('en')} tokens/s, held-out loss ${heldOutLoss.toFixed(4)}`,
  )
  console.log(
    `calibration: ${more.toFixed(1)} s, ${voices.networks} networks, ${voices.heldOut} held-out ` +
      `and ${voices.repeated} repeated sequences, ${voices.trials} trials; together ` +
      `${(seconds + more).toFixed(1)} s; peak RSS ${Math.round(peak / 2 ** 20)} MB`,
  )
  return { trained, scorer, voices }
}

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
const viewTable = async (
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

/** The detector without and with LogBERT's voices; oddness as −ln p, so that 0 is the threshold. */
const fusedTable = async (
  task: LogbertTask,
  scorer: LogbertScorer,
  { voices }: LogbertVoices,
): Promise<Said[]> => {
  const out: Said[] = []
  for (const external of [[], voices]) {
    for (const budget of BUDGETS) {
      const detector = fitDetector(task.training, { budget, seed: SEED, external })
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

const speed = async (task: LogbertTask, trained: TrainedLogbert, executor: Executor) => {
  const scorer = await createLogbertScorer(trained, executor)
  const fresh = task.normal.sequences.slice(0, 2000)
  const [, seconds] = await timed(() => scorer.score(fresh))
  const events = fresh.reduce((sum, { length }) => sum + length, 0)
  console.log(
    `scoring: ${Math.round(fresh.length / seconds).toLocaleString('en')} distinct sessions/s ` +
      `(${(events / fresh.length).toFixed(0)} events each)`,
  )
  const live = await createLogbertScorer(trained, executor)
  const [, whole] = await timed(async () => {
    for (let at = 0; at < task.stream.length; at += 512) {
      await live.score(task.stream.slice(at, at + 512))
    }
  })
  console.log(
    `stream of ${task.stream.length.toLocaleString('en')} sessions in blocks of 512, cache cold: ` +
      `${Math.round(task.stream.length / whole).toLocaleString('en')} sessions/s, ` +
      `${live.stats.computed.toLocaleString('en')} computed`,
  )
}

export const bench: Bench = {
  name: 'logbert',
  about: 'LogBERT on HDFS sessions: time, views, what it adds to the detector; args: backend',
  async run([backend = 'wasm']) {
    const reason = withoutData('hdfs_115k/normal.txt.gz', 'hdfs_115k/abnormal.txt.gz')
    if (reason !== undefined) return console.log(reason)
    const { executor } = await chooseExecutor(backend as Backend, { ...executorDeps, threads: 2 })
    const task = await hdfsTask(SESSIONS, SEED)
    const { sequences } = task.training
    console.log(
      `${executor.about}; ${sessionsOf(task.training)} sessions, ${sequences.length} distinct; ` +
        `judged: ${sessionsOf(task.normal)} normal, ${sessionsOf(task.odd)} odd`,
    )
    const { trained, scorer, voices } = await train(task, executor)
    await speed(task, trained, executor)
    showTable(task, await viewTable(task, { trained, scorer }, executor))
    showTable(task, await fusedTable(task, scorer, voices))
    await scorer.dispose()
  },
}
