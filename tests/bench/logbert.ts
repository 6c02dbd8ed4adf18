import { loadavg } from 'node:os'
import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { chooseExecutor } from '../../src/core/exec/choose.ts'
import type { Backend, Executor } from '../../src/core/exec/executor.ts'
import { createLogbertScorer } from '../../src/core/logbert/scorer.ts'
import { logbertVoices } from '../../src/core/train/logbert-voices.ts'
import { type TrainedLogbert, trainLogbert } from '../../src/core/train/trainer.ts'
import { executorDeps } from '../../src/platform/bun.ts'
import { withoutData } from '../data.ts'
import type { Bench } from './bench.ts'
import { hdfsTask, type LogbertTask } from './logbert-data.ts'
import { fusedTable, viewTable } from './logbert-said.ts'
import { BUDGETS, sessionsOf, showTable } from './logbert-table.ts'

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
  const run = async () => {
    for (let at = 0; at < task.stream.length; at += 512) {
      await live.score(task.stream.slice(at, at + 512))
    }
  }
  const [, cold] = await timed(run)
  const { computed } = live.stats
  const [, warm] = await timed(run)
  const rate = (seconds: number) => Math.round(task.stream.length / seconds).toLocaleString('en')
  console.log(
    `stream of ${task.stream.length.toLocaleString('en')} sessions in blocks of 512: ` +
      `${rate(cold)} sessions/s with a cold cache (${computed.toLocaleString('en')} computed), ` +
      `${rate(warm)} with a warm one`,
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
        `judged: ${sessionsOf(task.normal)} normal, ${sessionsOf(task.odd)} odd; ` +
        `load average before ${loadavg()[0]!.toFixed(1)}`,
    )
    const options = { budget: BUDGETS[0]!, seed: SEED }
    const [, first] = await timed(async () => fitDetector(task.training, options))
    console.log(`voices without network: ${first.toFixed(1)} s to the first usable model`)
    const { trained, scorer, voices } = await train(task, executor)
    await speed(task, trained, executor)
    showTable(task, await viewTable(task, { trained, scorer }, executor))
    showTable(task, await fusedTable(task, scorer, voices, SEED))
    await scorer.dispose()
  },
}
