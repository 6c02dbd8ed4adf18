/** What training tells while it runs. */
export interface TrainProgress {
  phase: 'compile' | 'train' | 'validate'
  /** From 1. */
  epoch: number
  epochs: number
  /** Steps taken, and an upper bound of those to come. */
  step: number
  steps: number
  /** Means over the epoch so far (nats), of the validation while there. */
  loss: { prediction: number; sphere: number }
  /** Best validation loss so far. */
  best?: number
  rate: number
  gradientNorm: number
  /** Padding left out. */
  tokensPerSecond: number
  /** Until the last epoch; early stopping may come sooner. */
  etaSeconds: number
}

/** A mean that grows; NaN while empty. */
export const createMean = () => {
  let sum = 0
  let weight = 0
  return {
    add(value: number, w = 1): void {
      sum += w * value
      weight += w
    },
    get value(): number {
      return sum / weight
    },
  }
}
