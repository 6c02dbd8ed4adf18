import { chooseExecutor } from '../../src/core/exec/choose.ts'
import type { Backend } from '../../src/core/exec/executor.ts'
import { float32, int32, int64, type Tensor } from '../../src/core/onnx/graph.ts'
import { writeModel } from '../../src/core/onnx/proto.ts'
import { executorDeps } from '../../src/platform/bun.ts'
import { buildTransformer, transformerFeeds } from '../onnx/transformer.ts'
import type { Bench } from './bench.ts'
import { openTraining } from './training.ts'

const SIZE = { vocabulary: 60, hidden: 32, layers: 1, heads: 2, inner: 64, length: 12 } as const

const megabytes = (): number => {
  Bun.gc(true)
  return process.memoryUsage().rss / 2 ** 20
}

/** Runs `step` and prints resident memory after every tenth, then growth over the later half. */
const watch = async (title: string, runs: number, step: (run: number) => Promise<unknown>) => {
  const seen: number[] = []
  const start = performance.now()
  for (let run = 1; run <= runs; run++) {
    await step(run)
    if (run % (runs / 10) === 0) seen.push(megabytes())
  }
  const seconds = (performance.now() - start) / 1000
  const growth = ((seen[9]! - seen[4]!) * 1024) / (runs / 2)
  console.log(`${title}: ${runs.toLocaleString('en')} runs in ${seconds.toFixed(0)} s`)
  console.log(`  MB after each tenth: ${seen.map(Math.round).join(' ')}`)
  console.log(`  growth over the later half: ${growth.toFixed(3)} KB a run`)
}

export const bench: Bench = {
  name: 'memory',
  about: 'resident memory over 10,000 training steps and 100,000 scoring runs; args: backend',
  async run([backend = 'wasm']) {
    const { executor } = await chooseExecutor(backend as Backend, executorDeps)
    console.log(executor.about)
    const loop = await openTraining(executor, { ...SIZE, batch: 16 })
    await watch('training steps', 10_000, loop.step)
    await loop.dispose()

    const transformer = buildTransformer({ ...SIZE, batch: 'batch' })
    const { b, logProbabilities } = transformer
    const program = await executor.compile(writeModel(b.model({ logProbabilities })))
    const fixed = transformerFeeds(transformer, SIZE.vocabulary, [1, SIZE.length])
    const feedsOf = (batch: number): Record<string, Tensor> => {
      const shape = [batch, SIZE.length]
      const ids = new Int32Array(batch * SIZE.length).fill(batch)
      const target = new BigInt64Array(batch * SIZE.length)
      return {
        ...fixed,
        ids: int32(ids, shape),
        target: int64(target, shape),
        scale: float32([1], []),
      }
    }
    await watch('scoring runs, batches of 1 to 16', 100_000, run =>
      program.run(feedsOf(1 + (run % 16))),
    )
    await program.dispose()
  },
}
