import { type AdamWOptions, stepScalars } from './adamw.ts'
import type { Builder } from './builder.ts'
import { float32, type Tensor, type Value } from './graph.ts'

/** Outputs of a training graph that holds its optimiser, by name; hand them to `b.model`. */
export interface AppendedAdamW {
  /** `next.NAME`, `next.mean.NAME`, `next.square.NAME` for each parameter, and `norm`. */
  outputs: Record<string, Value>
  /** Names of the outputs that become the inputs of the next step: `CompileOptions.keep`. */
  keep: string[]
}

/** Name of the input that holds the state `next.X` for the next step is X. */
export const nextName = (input: string): string => `next.${input}`

/**
 * Adds AdamW to a training graph, for backends on whose device weights and moments stay. Adds the
 * inputs `mean.NAME` and `square.NAME` per parameter and the scalars of `adamWFeeds`. Does the same
 * arithmetic as `stepAdamW`, except that a gradient that is not finite is not held back: look at
 * the output `norm`.
 */
export const appendAdamW = (
  b: Builder,
  params: readonly Value[],
  grads: readonly Value[],
  options: AdamWOptions,
): AppendedAdamW => {
  const [lr, rate, spread] = ['lr', 'rate', 'spread'].map(name => b.input(name, 'float32', []))
  const all = (x: Value) =>
    b.reduceSum(
      b.mul(x, x),
      x.shape.map((_, i) => i),
      { keepdims: 0 },
    )
  const norm = b.sqrt(grads.map(all).reduce((sum, part) => b.add(sum, part)))
  const clip = options.clipNorm > 0 ? b.min(b.div(options.clipNorm, norm), 1) : b.scalar(1)
  const outputs: Record<string, Value> = { norm }
  params.forEach((w, i) => {
    const shape = w.shape as number[]
    const g = b.mul(grads[i]!, clip)
    const means = b.parameter(`mean.${w.name}`, shape)
    const squares = b.parameter(`square.${w.name}`, shape)
    const m = b.add(b.mul(means, options.beta1), b.mul(g, 1 - options.beta1))
    const v = b.add(b.mul(squares, options.beta2), b.mul(b.mul(g, g), 1 - options.beta2))
    const decay = options.decays(w.name) ? options.weightDecay : 0
    const kept = decay === 0 ? w : b.mul(w, b.sub(1, b.mul(lr!, decay)))
    const step = b.div(b.mul(m, rate!), b.add(b.mul(b.sqrt(v), spread!), options.epsilon))
    outputs[nextName(w.name)] = b.sub(kept, step)
    outputs[nextName(means.name)] = m
    outputs[nextName(squares.name)] = v
  })
  return { outputs, keep: Object.keys(outputs).filter(name => name !== 'norm') }
}

/** Scalars that the graph of `appendAdamW` is fed with at step `count`, counted from 1. */
export const adamWFeeds = (
  count: number,
  lr: number,
  options: AdamWOptions,
): Record<'lr' | 'rate' | 'spread', Tensor> => {
  const { correction1, correction2 } = stepScalars(count, lr, options)
  return {
    lr: float32([lr], []),
    rate: float32([lr * correction1], []),
    spread: float32([Math.sqrt(correction2)], []),
  }
}
