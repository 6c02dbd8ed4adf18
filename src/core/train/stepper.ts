import type { Executor, Feed, Program, Resident } from '../exec/executor.ts'
import { buildLoss } from '../logbert/loss.ts'
import { buildModel, type ModelSize } from '../logbert/model.ts'
import {
  ADAMW_DEFAULTS,
  type AdamWOptions,
  type AdamWState,
  initAdamW,
  stepAdamW,
} from '../onnx/adamw.ts'
import { adamWFeeds, appendAdamW, nextName } from '../onnx/append-adamw.ts'
import { Builder } from '../onnx/builder.ts'
import { gradient } from '../onnx/gradient.ts'
import { float32, floatsOf, type Tensor, type Value } from '../onnx/graph.ts'
import { writeModel } from '../onnx/proto.ts'
import { initialWeights, parameterSource } from './initial-weights.ts'

export type Feeds = Record<string, Tensor>

/** Weights and what AdamW remembers of them, in host memory. */
export interface TrainState {
  weights: Record<string, Float32Array>
  adamw: AdamWState
}

export interface StepReport {
  prediction: number
  sphere: number
  /** Global norm of the gradients before clipping; where it is not finite the step was not taken. */
  norm: number
  /** Heads of the rows, [rows, hidden]. */
  heads: Float32Array
}

/** Takes training steps on one executor. */
export interface Stepper {
  step(feeds: Feeds, rate: number): Promise<StepReport>
  /** The losses of a batch without learning from it. */
  evaluate(feeds: Feeds): Promise<Pick<StepReport, 'prediction' | 'sphere' | 'heads'>>
  /** A copy of weights and moments. */
  read(): Promise<TrainState>
  dispose(): Promise<void>
}

export interface StepperOptions {
  size: ModelSize
  decay: number
  seed: number
  /** Continues from here instead of drawing weights from the seed. */
  state?: TrainState
}

const adamwOptions = (decay: number): AdamWOptions => ({
  ...ADAMW_DEFAULTS,
  beta2: 0.99, // some thousand steps are all there is: a memory of 100 steps
  weightDecay: decay,
  decays: name => !/\.(bias|scale|shift)$/.test(name),
})

const buildTraining = (size: ModelSize) => {
  const b = new Builder('logbert-training')
  const { params, weight } = parameterSource(b)
  const model = buildModel(b, size, weight)
  const { prediction, sphere, total } = buildLoss(b, model, size.hidden)
  const watched = { prediction, sphere, heads: model.head }
  return { b, params, total, watched }
}

const compileEvaluation = (executor: Executor, size: ModelSize): Promise<Program> => {
  const { b, watched } = buildTraining(size)
  return executor.compile(writeModel(b.model(watched)))
}

const reportOf = (outputs: Readonly<Record<string, Tensor>>) => ({
  prediction: floatsOf(outputs.prediction!)[0]!,
  sphere: floatsOf(outputs.sphere!)[0]!,
  heads: floatsOf(outputs.heads!),
})

const copyState = ({ weights, adamw }: TrainState): TrainState => {
  const copy = (arrays: Readonly<Record<string, Float32Array>>) =>
    Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, data.slice()]))
  return {
    weights: copy(weights),
    adamw: { count: adamw.count, mean: copy(adamw.mean), square: copy(adamw.square) },
  }
}

const firstState = (params: readonly Value[], options: StepperOptions): TrainState => {
  if (options.state !== undefined) return copyState(options.state)
  const weights = initialWeights(params, options.size.layers, options.seed)
  return { weights, adamw: initAdamW(weights) }
}

/** Gradients from the graph, AdamW as a fused loop beside it: the fastest on processors. */
const hostStepper = async (executor: Executor, options: StepperOptions): Promise<Stepper> => {
  const { b, params, total, watched } = buildTraining(options.size)
  const state = firstState(params, options)
  const grads = gradient(b, total, params)
  const named = Object.fromEntries(params.map(({ name }, i) => [`d.${name}`, grads[i]!]))
  const program = await executor.compile(writeModel(b.model({ ...watched, ...named })))
  const evaluation = await compileEvaluation(executor, options.size)
  const tensors: Feeds = Object.fromEntries(
    params.map(({ name, shape }) => [name, float32(state.weights[name]!, shape as number[])]),
  )
  const adamw = adamwOptions(options.decay)
  return {
    async step(feeds, rate) {
      const outputs = await program.run({ ...feeds, ...tensors })
      const found = params.map(({ name }) => [name, floatsOf(outputs[`d.${name}`]!)] as const)
      const norm = stepAdamW(state.weights, Object.fromEntries(found), state.adamw, rate, adamw)
      return { ...reportOf(outputs), norm }
    },
    evaluate: async feeds => reportOf(await evaluation.run({ ...feeds, ...tensors })),
    read: async () => copyState(state),
    async dispose() {
      await program.dispose()
      await evaluation.dispose()
    },
  }
}

/** AdamW in the graph; weights and moments stay on the device from step to step. */
const deviceStepper = async (executor: Executor, options: StepperOptions): Promise<Stepper> => {
  const { b, params, total, watched } = buildTraining(options.size)
  const first = firstState(params, options)
  const adamw = adamwOptions(options.decay)
  const { outputs, keep } = appendAdamW(b, params, gradient(b, total, params), adamw)
  const program = await executor.compile(writeModel(b.model({ ...watched, ...outputs })), { keep })
  const evaluation = await compileEvaluation(executor, options.size)
  const held: Record<string, Resident> = {}
  for (const { name, shape } of params) {
    const put = (data: Float32Array) => executor.upload(float32(data, shape as number[]))
    held[name] = await put(first.weights[name]!)
    held[`mean.${name}`] = await put(first.adamw.mean[name]!)
    held[`square.${name}`] = await put(first.adamw.square[name]!)
  }
  let count = first.adamw.count
  const fetch = async (prefix: string): Promise<Record<string, Float32Array>> => {
    const out: Record<string, Float32Array> = {}
    for (const { name } of params) {
      out[name] = floatsOf(await held[prefix + name]!.read()).slice()
    }
    return out
  }
  const weightFeeds = (): Record<string, Feed> =>
    Object.fromEntries(params.map(({ name }) => [name, held[name]!]))
  return {
    async step(feeds, rate) {
      const fed = { ...feeds, ...held, ...adamWFeeds(count + 1, rate, adamw) }
      const { outputs: results, kept } = await program.step(fed)
      const norm = floatsOf(results.norm!)[0]!
      const taken = Number.isFinite(norm)
      if (taken) count++
      for (const name of Object.keys(held)) {
        const next = kept[nextName(name)]!
        const old = taken ? held[name]! : next
        if (taken) held[name] = next
        old.dispose()
      }
      return { ...reportOf(results), norm }
    },
    evaluate: async feeds => reportOf(await evaluation.run({ ...feeds, ...weightFeeds() })),
    read: async () => ({
      weights: await fetch(''),
      adamw: { count, mean: await fetch('mean.'), square: await fetch('square.') },
    }),
    async dispose() {
      for (const tensor of Object.values(held)) tensor.dispose()
      await program.dispose()
      await evaluation.dispose()
    },
  }
}

/** Opens training: on a GPU everything stays there, elsewhere the optimiser runs beside the graph. */
export const createStepper = (executor: Executor, options: StepperOptions): Promise<Stepper> =>
  executor.name === 'webgpu' ? deviceStepper(executor, options) : hostStepper(executor, options)
