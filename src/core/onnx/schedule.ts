/** Learning rate of a step, counted from 0. */
export type Schedule = (step: number) => number

export interface WarmupCosineOptions {
  /** Largest rate, reached after `warmup` steps. */
  peak: number
  /** Steps of linear rise from 0. */
  warmup: number
  /** Steps until the rate has sunk to `floor`; it stays there. */
  total: number
  /** Default 0. */
  floor?: number
}

/** Linear warm-up, then half a cosine down (Loshchilov & Hutter, arXiv 1608.03983). */
export const warmupCosine = (options: WarmupCosineOptions): Schedule => {
  const { peak, warmup, total, floor = 0 } = options
  return step => {
    if (step < warmup) return (peak * (step + 1)) / warmup
    const done = Math.min(1, (step - warmup) / Math.max(1, total - warmup))
    return floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * done))
  }
}
