/** Arrays by parameter name; a gradient set has the names and lengths of its parameters. */
export type Arrays = Readonly<Record<string, Float32Array>>

export interface AdamWOptions {
  /** Decay of the running mean of gradients. */
  beta1: number
  /** Decay of the running mean of squared gradients. */
  beta2: number
  epsilon: number
  /** Share of the rate by which decaying weights shrink each step, apart from their gradient. */
  weightDecay: number
  /** Which parameters decay; usually matrices, not biases and norms. Default: all. */
  decays: (name: string) => boolean
  /** Largest global norm of a gradient; a longer one is scaled down to it. 0 switches it off. */
  clipNorm: number
}

export const ADAMW_DEFAULTS: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decays: () => true,
  clipNorm: 1,
}

/** What AdamW remembers: plain data, to be kept in a checkpoint. */
export interface AdamWState {
  /** Steps taken. */
  count: number
  /** Running means of gradients and of their squares, by parameter. */
  mean: Record<string, Float32Array>
  square: Record<string, Float32Array>
}

export const initAdamW = (params: Arrays): AdamWState => {
  const zeros = () =>
    Object.fromEntries(
      Object.entries(params).map(([name, data]) => [name, new Float32Array(data.length)]),
    )
  return { count: 0, mean: zeros(), square: zeros() }
}

/** Euclidean length of all gradients taken together. */
export const globalNorm = (grads: Iterable<Float32Array>): number => {
  let sum = 0
  for (const grad of grads) for (let i = 0; i < grad.length; i++) sum += grad[i]! * grad[i]!
  return Math.sqrt(sum)
}

/** Numbers of one step that hold for every parameter; the in-graph form is fed with them too. */
export interface StepScalars {
  lr: number
  /** 1 / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ): the means start at 0 and are corrected for it. */
  correction1: number
  correction2: number
}

/** Scalars of step `count`, counted from 1. */
export const stepScalars = (count: number, lr: number, options: AdamWOptions): StepScalars => ({
  lr,
  correction1: 1 / (1 - options.beta1 ** count),
  correction2: 1 / (1 - options.beta2 ** count),
})

/**
 * One step of AdamW (Loshchilov & Hutter, arXiv 1711.05101) as a fused loop over the arrays, with
 * the gradients clipped by their global norm (Pascanu et al., arXiv 1211.5063):
 * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − lr·(m̂/(√v̂ + ε) + decay·w).
 * `params` and `state` are changed in place.
 *
 * @returns the norm of the gradients before clipping; where it is not finite nothing was changed
 */
export const stepAdamW = (
  params: Arrays,
  grads: Arrays,
  state: AdamWState,
  lr: number,
  options: AdamWOptions = ADAMW_DEFAULTS,
): number => {
  const names = Object.keys(params)
  const norm = globalNorm(names.map(name => grads[name]!))
  if (!Number.isFinite(norm)) return norm
  state.count++
  const scalars = stepScalars(state.count, lr, options)
  const clip = options.clipNorm > 0 && norm > options.clipNorm ? options.clipNorm / norm : 1
  for (const name of names) {
    const decay = options.decays(name) ? options.weightDecay : 0
    const moments = [state.mean[name]!, state.square[name]!] as const
    updateArray(params[name]!, grads[name]!, moments, { ...scalars, ...options, clip, decay })
  }
  return norm
}

type Update = StepScalars & AdamWOptions & { clip: number; decay: number }

const updateArray = (
  weights: Float32Array,
  grad: Float32Array,
  [mean, square]: readonly [Float32Array, Float32Array],
  update: Update,
): void => {
  const { beta1, beta2, epsilon, lr, clip } = update
  const keep = 1 - lr * update.decay
  const rate = lr * update.correction1
  const spread = Math.sqrt(update.correction2)
  for (let i = 0; i < weights.length; i++) {
    const g = grad[i]! * clip
    const m = beta1 * mean[i]! + (1 - beta1) * g
    const v = beta2 * square[i]! + (1 - beta2) * g * g
    mean[i] = m
    square[i] = v
    weights[i] = weights[i]! * keep - (rate * m) / (Math.sqrt(v) * spread + epsilon)
  }
}
