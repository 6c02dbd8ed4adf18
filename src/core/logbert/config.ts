import { LogbertError } from '../errors.ts'

export interface LogbertConfig {
  /** Width of the hidden states. */
  hidden: number
  layers: number
  /** Attention heads; must divide `hidden`. */
  heads: number
  /** Width of the feed-forward part. */
  inner: number
  /** Most events in one row; longer sessions are read in overlapping segments. */
  segment: number
  /** Share of the events of a masked row that are hidden while training. */
  maskShare: number
  /** Interleaved masks when scoring: every event is hidden in exactly one of so many rows. */
  masks: number
  /** Chance that an event is swapped with its neighbour while training. */
  swapShare: number
  /** Chance that a visible event is shown as UNK while training, so that UNK is a word it knows. */
  unknownShare: number
  /** Weight of the hypersphere objective beside the predictions. */
  sphere: number
  /** Event types whose count is always told to the count view, absence included. */
  countTypes: number
  /** Most event types with a token of their own; rarer ones share UNK. */
  mostEvents: number
  /** Most count tokens; rarer ones share the nearest count of their event. */
  mostCounts: number
  epochs: number
  /** Epochs without a better held-out loss before training stops. */
  patience: number
  /** Largest learning rate, after the warm-up. */
  rate: number
  /** Share of all steps for the warm-up. */
  warmup: number
  decay: number
  /** Tokens in one step, padding included. */
  batchTokens: number
  /** Most tokens in one epoch: more training data means more epochs' worth, not longer epochs. */
  epochTokens: number
  /** Share of the sessions held out, for stopping and for calibration. */
  heldOut: number
}

/** Where a default was measured, the reason stands beside it; the figures are from HDFS sessions. */
export const LOGBERT_DEFAULTS: LogbertConfig = {
  hidden: 64,
  layers: 2,
  heads: 4,
  inner: 128,
  segment: 256,
  maskShare: 0.25,
  // 4 masks find no more faults (within what seeds differ by), and cost a quarter more.
  masks: 3,
  swapShare: 0,
  unknownShare: 0.02,
  sphere: 0.1,
  countTypes: 32,
  mostEvents: 1000,
  mostCounts: 1000,
  epochs: 15,
  patience: 4,
  rate: 3e-3,
  warmup: 0.1,
  decay: 0.01,
  // Steps teach, not tokens: 15 epochs in steps of 256 are as good as 60 in steps of 1024.
  batchTokens: 256,
  epochTokens: 60_000,
  heldOut: 0.2,
}

type Range = readonly [low: number, high: number, whole: boolean]

/** Least and greatest value of each setting, and whether it must be whole. */
export const LOGBERT_RANGES: Readonly<Record<keyof LogbertConfig, Range>> = {
  hidden: [8, 1024, true],
  layers: [1, 24, true],
  heads: [1, 64, true],
  inner: [8, 8192, true],
  segment: [8, 2048, true],
  maskShare: [0.01, 0.9, false],
  masks: [1, 16, true],
  swapShare: [0, 0.5, false],
  unknownShare: [0, 0.5, false],
  sphere: [0, 100, false],
  countTypes: [1, 512, true],
  mostEvents: [1, 100_000, true],
  mostCounts: [1, 100_000, true],
  epochs: [1, 10_000, true],
  patience: [1, 10_000, true],
  rate: [1e-7, 1, false],
  warmup: [0, 1, false],
  decay: [0, 1, false],
  batchTokens: [64, 1_000_000, true],
  epochTokens: [64, 100_000_000, true],
  heldOut: [0, 0.5, false],
}

/**
 * Fills in the defaults and checks every value.
 * @throws LogbertError BAD_CONFIG that lists all faults
 */
export const logbertConfig = (given: Partial<LogbertConfig> = {}): LogbertConfig => {
  const config = { ...LOGBERT_DEFAULTS, ...given }
  const faults = (Object.keys(LOGBERT_RANGES) as (keyof LogbertConfig)[]).flatMap(name => {
    const [low, high, whole] = LOGBERT_RANGES[name]
    const value = config[name]
    const fits = value >= low && value <= high && (!whole || Number.isInteger(value))
    return fits
      ? []
      : [
          `${name} is ${value}: give ${whole ? 'a whole number' : 'a number'} from ${low} to ${high}`,
        ]
  })
  if (config.hidden % config.heads !== 0) {
    faults.push(`hidden is ${config.hidden}: give a multiple of heads (${config.heads})`)
  }
  if (faults.length === 0) return config
  throw new LogbertError('BAD_CONFIG', `configuring LogBERT failed: ${faults.join('; ')}`)
}
