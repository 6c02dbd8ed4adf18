import { chooseExecutor } from '../../src/core/exec/choose.ts'
import type { Backend, Executor } from '../../src/core/exec/executor.ts'
import { type LogbertConfig, logbertConfig } from '../../src/core/logbert/config.ts'
import { createLexicon } from '../../src/core/logbert/lexicon.ts'
import { createLogbertScorer } from '../../src/core/logbert/scorer.ts'
import { float32 } from '../../src/core/onnx/graph.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import { createDataset } from '../../src/core/train/dataset.ts'
import { splitSessions } from '../../src/core/train/split.ts'
import { createStepper } from '../../src/core/train/stepper.ts'
import { modelSize, trainLogbert } from '../../src/core/train/trainer.ts'
import { executorDeps } from '../../src/platform/bun.ts'
import { madeSet, SMALL } from '../logbert/language.ts'
import type { Bench } from './bench.ts'

const SEED = 1
const SET = madeSet(400, SEED)
const SIZE: Partial<LogbertConfig> = { ...SMALL, epochs: 1 }

const megabytes = (): number => {
  Bun.gc(true)
  return process.memoryUsage.rss() / 2 ** 20
}

const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!

/**
 * Runs `step` and prints resident memory after every twentieth. Growth is that from the median of
 * the first half to that of the later: a leak shows in it, a garbage collection does not.
 */
const watch = async (title: string, runs: number, step: (run: number) => Promise<unknown>) => {
  const seen: number[] = []
  const start = performance.now()
  for (let run = 1; run <= runs; run++) {
    await step(run)
    if (run % (runs / 20) === 0) seen.push(megabytes())
  }
  const seconds = (performance.now() - start) / 1000
  const growth = ((median(seen.slice(10)) - median(seen.slice(0, 10))) * 1024) / (runs / 2)
  console.log(`${title}: ${runs.toLocaleString('en')} in ${seconds.toFixed(0)} s`)
  console.log(`  MB after each twentieth: ${seen.map(Math.round).join(' ')}`)
  console.log(`  growth: ${growth.toFixed(3)} KB each`)
}

/** Steps on batches of changing lengths and rows, as training makes them. */
const watchTraining = async (executor: Executor, runs: number): Promise<void> => {
  const config = logbertConfig(SIZE)
  const lexicon = createLexicon(SET, config)
  const split = splitSessions(SET, config.heldOut, SEED)
  const dataset = createDataset(SET, split, { lexicon, config, seed: SEED })
  const size = modelSize(config, lexicon)
  const stepper = await createStepper(executor, { size, seed: SEED, decay: config.decay })
  const centre = float32(new Float32Array(config.hidden), [config.hidden])
  let epoch = 0
  let batches = dataset.epoch(0)
  await watch('training steps', runs, async () => {
    if (batches.length === 0) batches = dataset.epoch(++epoch)
    await stepper.step({ ...batches.pop()!.feeds, centre }, 1e-3)
  })
  await stepper.dispose()
}

/** Batches of 1 to 6 sessions that the scorer has forgotten or never seen. */
const watchScoring = async (executor: Executor, runs: number): Promise<void> => {
  const trained = await trainLogbert(SET, { executor, seed: SEED, config: SIZE })
  const scorer = await createLogbertScorer(trained, executor, { cache: 100 })
  const random = createRandom(SEED)
  await watch('scoring batches', runs, run =>
    scorer.score(
      Array.from({ length: 1 + (run % 6) }, () =>
        Array.from({ length: random.int(1, 12) }, () => random.pick([100, 101, 300, 301, 900])),
      ),
    ),
  )
  await scorer.dispose()
}

export const bench: Bench = {
  name: 'memory',
  about:
    'resident memory over 10,000 training steps, 100,000 scoring batches; args: backend, share of them',
  async run([backend = 'wasm', share = '1']) {
    const { executor } = await chooseExecutor(backend as Backend, executorDeps)
    console.log(executor.about)
    await watchTraining(executor, 10_000 * Number(share))
    await watchScoring(executor, 100_000 * Number(share))
  },
}
