import type { Executor, Feed, Program, Resident } from '../../src/core/exec/executor.ts'
import { ADAMW_DEFAULTS, initAdamW, stepAdamW } from '../../src/core/onnx/adamw.ts'
import { adamWFeeds, appendAdamW, nextName } from '../../src/core/onnx/append-adamw.ts'
import { gradient } from '../../src/core/onnx/gradient.ts'
import { float32, floatsOf, type Tensor } from '../../src/core/onnx/graph.ts'
import { writeModel } from '../../src/core/onnx/proto.ts'
import {
  buildTransformer,
  type Transformer,
  type TransformerSize,
  transformerFeeds,
} from '../onnx/transformer.ts'

/** A training loop on one fixed batch: one call is one step, forward to update. */
export interface TrainingLoop {
  step(): Promise<number>
  dispose(): Promise<void>
}

type Size = TransformerSize & { batch: number }

const feedsOf = (transformer: Transformer, { vocabulary, batch, length }: Size) =>
  transformerFeeds(transformer, vocabulary, [batch, length], 0.05)

/** Gradients from the graph, AdamW as the fused loop: what CPU backends train with. */
const hostLoop = async (executor: Executor, size: Size): Promise<TrainingLoop> => {
  const transformer = buildTransformer(size)
  const { b, params, loss } = transformer
  const grads = gradient(b, loss, params)
  const outputs = Object.fromEntries(params.map(({ name }, i) => [`d.${name}`, grads[i]!]))
  const program = await executor.compile(writeModel(b.model({ loss, ...outputs })))
  const feeds = feedsOf(transformer, size)
  const weights = Object.fromEntries(params.map(({ name }) => [name, floatsOf(feeds[name]!)]))
  const state = initAdamW(weights)
  return {
    async step() {
      const results = await program.run(feeds)
      const found = params.map(({ name }) => [name, floatsOf(results[`d.${name}`]!)] as const)
      stepAdamW(weights, Object.fromEntries(found), state, 1e-4)
      return floatsOf(results.loss!)[0]!
    },
    dispose: () => program.dispose(),
  }
}

/** AdamW in the graph, weights and moments on the device: what a GPU trains with. */
const deviceLoop = async (executor: Executor, size: Size): Promise<TrainingLoop> => {
  const transformer = buildTransformer(size)
  const { b, params, loss } = transformer
  const { outputs, keep } = appendAdamW(b, params, gradient(b, loss, params), ADAMW_DEFAULTS)
  const program: Program = await executor.compile(writeModel(b.model({ loss, ...outputs })), {
    keep,
  })
  const feeds: Record<string, Feed> = feedsOf(transformer, size)
  const state: Record<string, Resident> = {}
  for (const { name, shape } of params) {
    const weights = feeds[name] as Tensor
    const zeros = float32(new Float32Array(floatsOf(weights).length), shape as number[])
    state[name] = await executor.upload(weights)
    state[`mean.${name}`] = await executor.upload(zeros)
    state[`square.${name}`] = await executor.upload(zeros)
  }
  let count = 0
  return {
    async step() {
      const fed = { ...feeds, ...state, ...adamWFeeds(++count, 1e-4, ADAMW_DEFAULTS) }
      const { outputs: results, kept } = await program.step(fed)
      for (const name of Object.keys(state)) {
        state[name]!.dispose()
        state[name] = kept[nextName(name)]!
      }
      return floatsOf(results.loss!)[0]!
    },
    async dispose() {
      for (const tensor of Object.values(state)) tensor.dispose()
      await program.dispose()
    },
  }
}

export const openTraining = (executor: Executor, size: Size): Promise<TrainingLoop> =>
  executor.name === 'webgpu' ? deviceLoop(executor, size) : hostLoop(executor, size)
