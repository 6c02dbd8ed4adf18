import type { Executor, Feed } from '../../src/core/exec/executor.ts'
import { createReferenceExecutor } from '../../src/core/exec/reference.ts'
import { ADAMW_DEFAULTS, initAdamW, stepAdamW } from '../../src/core/onnx/adamw.ts'
import { adamWFeeds, appendAdamW, nextName } from '../../src/core/onnx/append-adamw.ts'
import { Builder } from '../../src/core/onnx/builder.ts'
import { gradient } from '../../src/core/onnx/gradient.ts'
import { float32, floatsOf, int64, numbersOf, type Tensor } from '../../src/core/onnx/graph.ts'
import { writeModel } from '../../src/core/onnx/proto.ts'
import { buildTransformer, transformerFeeds } from '../onnx/transformer.ts'

/**
 * What every executor must do, as named checks that throw. Free of any test library, so that the
 * same suite runs under Bun and Deno.
 */
export interface Check {
  name: string
  run(executor: Executor): Promise<void>
}

const same = (got: unknown, wanted: unknown, what: string): void => {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`)
  }
}

const near = (got: Tensor, wanted: Tensor, tolerance: number, what: string): void => {
  same(got.shape, wanted.shape, `shape of ${what}`)
  const values = numbersOf(got)
  numbersOf(wanted).forEach((value, i) => {
    const error = Math.abs(value - values[i]!) / Math.max(1, Math.abs(value))
    if (!(error < tolerance)) throw new Error(`${what}[${i}]: got ${values[i]}, wanted ${value}`)
  })
}

const refusal = async (run: () => Promise<unknown>): Promise<string> => {
  const fault = await run().then(
    () => undefined,
    (error: unknown) => error as Error & { code?: string },
  )
  same(fault?.code, 'BAD_GRAPH', 'code of the refusal')
  return fault!.message
}

const twice = (): Uint8Array => {
  const b = new Builder('twice')
  const x = b.input('x', 'float32', ['n', 2])
  return writeModel(b.model({ y: b.mul(x, 2), z: b.add(x, 1) }))
}

const SIZE = { vocabulary: 11, hidden: 8, layers: 1, heads: 2, inner: 16, length: 5 } as const

/** Losses of `steps` steps of a small transformer: gradients from the graph, fused AdamW. */
const trainFused = async (executor: Executor, steps: number): Promise<number[]> => {
  const transformer = buildTransformer({ ...SIZE, batch: 'batch' })
  const { b, params, loss } = transformer
  const grads = gradient(b, loss, params)
  const outputs = Object.fromEntries(params.map(({ name }, i) => [`d.${name}`, grads[i]!]))
  const program = await executor.compile(writeModel(b.model({ loss, ...outputs })))
  const feeds = transformerFeeds(transformer, 11, [3, 5])
  const weights = Object.fromEntries(params.map(({ name }) => [name, floatsOf(feeds[name]!)]))
  const state = initAdamW(weights)
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    const results = await program.run(feeds)
    losses.push(floatsOf(results.loss!)[0]!)
    const found = params.map(({ name }) => [name, floatsOf(results[`d.${name}`]!)] as const)
    stepAdamW(weights, Object.fromEntries(found), state, 0.01)
  }
  await program.dispose()
  return losses
}

/** The same with AdamW in the graph, weights and moments kept on the device. */
const trainResident = async (executor: Executor, steps: number): Promise<number[]> => {
  const transformer = buildTransformer({ ...SIZE, batch: 'batch' })
  const { b, params, loss } = transformer
  const { outputs, keep } = appendAdamW(b, params, gradient(b, loss, params), ADAMW_DEFAULTS)
  const program = await executor.compile(writeModel(b.model({ loss, ...outputs })), { keep })
  const feeds: Record<string, Feed> = transformerFeeds(transformer, 11, [3, 5])
  for (const { name, shape } of params) {
    const zeros = float32(
      new Float32Array(floatsOf(feeds[name] as Tensor).length),
      shape as number[],
    )
    feeds[`mean.${name}`] = await executor.upload(zeros)
    feeds[`square.${name}`] = await executor.upload(zeros)
    feeds[name] = await executor.upload(feeds[name] as Tensor)
  }
  const losses: number[] = []
  for (let step = 1; step <= steps; step++) {
    const result = await program.step({ ...feeds, ...adamWFeeds(step, 0.01, ADAMW_DEFAULTS) })
    losses.push(floatsOf(result.outputs.loss!)[0]!)
    for (const name of Object.keys(feeds)) {
      const next = result.kept[nextName(name)]
      if (next === undefined) continue
      ;(feeds[name] as { dispose(): void }).dispose()
      feeds[name] = next
    }
  }
  const last = await (feeds.head as { read(): Promise<Tensor> }).read()
  same(last.shape, [SIZE.hidden, SIZE.vocabulary], 'shape of a weight read back')
  await program.dispose()
  return losses
}

export const contract: readonly Check[] = [
  {
    name: 'runs a graph with a named size at several sizes and gives what is fetched',
    async run(executor) {
      const program = await executor.compile(twice())
      same([program.inputs, program.outputs], [['x'], ['y', 'z']], 'signature')
      for (const rows of [1, 3]) {
        const x = float32(
          Array.from({ length: rows * 2 }, (_, i) => i),
          [rows, 2],
        )
        const results = await program.run({ x }, ['y'])
        same(Object.keys(results), ['y'], 'fetched names')
        same(
          [...floatsOf(results.y!)],
          Array.from({ length: rows * 2 }, (_, i) => i * 2),
          'y',
        )
      }
      await program.dispose()
    },
  },
  {
    name: 'fixes a named size when it is asked to',
    async run(executor) {
      const program = await executor.compile(twice(), { dims: { n: 2 } })
      const results = await program.run({ x: float32([1, 2, 3, 4], [2, 2]) })
      same([...floatsOf(results.z!)], [2, 3, 4, 5], 'z')
      await program.dispose()
    },
  },
  {
    name: 'says which feed or fetch is wrong',
    async run(executor) {
      const program = await executor.compile(twice())
      const missing = await refusal(() => program.run({}))
      same(missing, "cannot feed 'x' with nothing: pass float32[n, 2]", 'message')
      const wide = await refusal(() => program.run({ x: float32([1, 2, 3], [1, 3]) }))
      same(wide, "cannot feed 'x' with float32[1, 3]: pass float32[n, 2], axis 1 of 2", 'message')
      await refusal(() => program.run({ x: int64([1, 2], [1, 2]) }))
      await refusal(() => program.run({ x: float32([1, 2], [1, 2]) }, ['w']))
      await refusal(() => executor.compile(twice(), { keep: ['w'] }))
      await refusal(() => executor.compile(new Uint8Array([1, 2, 3])))
      await program.dispose()
    },
  },
  {
    name: 'does overlapping runs of several programs one after the other',
    async run(executor) {
      const programs = await Promise.all([executor.compile(twice()), executor.compile(twice())])
      const runs = Array.from({ length: 6 }, async (_, i) => {
        const { y } = await programs[i % 2]!.run({ x: float32([i, 1], [1, 2]) })
        return floatsOf(y!)[0]
      })
      same(await Promise.all(runs), [0, 2, 4, 6, 8, 10], 'results')
      await Promise.all(programs.map(program => program.dispose()))
    },
  },
  {
    name: 'gives the forward pass and the gradients that the reference gives',
    async run(executor) {
      const transformer = buildTransformer({ ...SIZE, batch: 'batch' })
      const { b, params, loss, logProbabilities } = transformer
      const grads = gradient(b, loss, params)
      const outputs = Object.fromEntries(params.map(({ name }, i) => [`d.${name}`, grads[i]!]))
      const model = writeModel(b.model({ loss, logProbabilities, ...outputs }))
      const feeds = transformerFeeds(transformer, 11, [3, 5])
      const [wanted, got] = [createReferenceExecutor(), executor].map(async on => {
        const program = await on.compile(model)
        const results = await program.run(feeds)
        await program.dispose()
        return results
      })
      for (const [name, tensor] of Object.entries(await wanted!)) {
        near((await got!)[name]!, tensor, 2e-5, name)
      }
    },
  },
  {
    name: 'trains with weights kept on the device as the reference does with the fused optimiser',
    async run(executor) {
      const steps = 6
      const wanted = await trainFused(createReferenceExecutor(), steps)
      if (!(wanted.at(-1)! < wanted[0]! * 0.95)) throw new Error(`loss does not sink: ${wanted}`)
      const resident = await trainResident(executor, steps)
      wanted.forEach((loss, i) => {
        near(float32([resident[i]!], []), float32([loss], []), 1e-4, `loss of step ${i}`)
      })
    },
  },
]
