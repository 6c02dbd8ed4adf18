import type { ExternalVoice } from '../detect/external-voice.ts'
import { trialSequences } from '../detect/trials.ts'
import type { LogbertScore } from '../logbert/score.ts'
import { createLogbertScorer, type LogbertScorer } from '../logbert/scorer.ts'
import { namesOfVoices, valuesOf } from '../logbert/voices.ts'
import type { SequenceSet } from '../sequence/sequence-set.ts'
import { boundedRows, type WeighedRow } from './bounded-rows.ts'
import type { CheckpointStore } from './checkpoint.ts'
import { furtherSplits, networksNeeded } from './folds.ts'
import { trainOn } from './train-on.ts'
import type { TrainedLogbert, TrainOptions } from './trainer.ts'

export interface VoicesOptions extends Pick<TrainOptions, 'executor' | 'signal'> {
  /** Alarm budget and seed of the detector that will hear the voices: those of `fitDetector`. */
  budget: number
  seed: number
  /**
   * Most networks heard, the trained one included; 1 trains no other. Each takes as long as the
   * first. Default 2: outside voices spend a fifth of the budget, their threshold may be rough.
   */
  mostNetworks?: number
  /** Most events scored, those of the trials left out. Default 200,000. */
  mostEvents?: number
  onProgress?: (progress: VoicesProgress) => void
  /** Further networks leave their state there and go on from it. */
  checkpoints?: CheckpointStore
}

/** How far it is: network `network` (from 1) of `networks` is being trained, or heard at share 1. */
export interface VoicesProgress {
  network: number
  networks: number
  /** 0–1 of its training. */
  share: number
}

export interface LogbertVoices {
  /** For `fitDetector(set, { budget, seed, external: voices })`; none where nothing calibrates. */
  voices: ExternalVoice[]
  networks: number
  /** Distinct sequences scored by a network that had not learned from them. */
  heldOut: number
  /** Distinct sequences scored that several sessions share. */
  repeated: number
  /** Distinct sequences that others stand for. */
  leftOut: number
  /** Trials scored. */
  trials: number
}

interface Calibrated extends WeighedRow {
  score: LogbertScore
}

/**
 * Makes LogBERT's voices for the detector: what its views say of normal sessions, and of the
 * detector's trials.
 *
 * A session must be new to the network that scores it. A sequence that several sessions share stays
 * known when one of them is left out, so its score in training is right. One that a single session
 * has does not, and is scored by a network that held it out only; live traffic has as many of those
 * as training, so the held-out ones stand for all by weight. Where they are too few to hold the
 * budget's threshold, further networks with other parts held out are trained for these scores alone
 * (cross-conformal: Vovk, arXiv 1208.0806). The same input gives the same voices.
 *
 * @param set what `trained` was trained on
 * @param scorer a scorer of `trained`
 * @throws LogbertError CANCELLED by the signal
 */
export const logbertVoices = async (
  set: SequenceSet,
  trained: TrainedLogbert,
  scorer: LogbertScorer,
  options: VoicesOptions,
): Promise<LogbertVoices> => {
  const { seed, budget, mostNetworks = 2, mostEvents = 200_000 } = options
  const { heldOut } = trained.split
  const repeated = set.weights.flatMap((weight, row) => (weight > 1 ? [row] : []))
  const single = set.weights.length - repeated.length
  const sessions = set.weights.reduce((a, b) => a + b, 0)
  if (heldOut.length === 0 && single > budget * sessions) return nothing(set)

  const share = heldOut.length / Math.max(1, single)
  const needed = networksNeeded({ sessions, heldOut: share, budget }, mostNetworks)
  const splits = furtherSplits(set, trained.split, needed - 1, seed)
  const networks = 1 + splits.length
  const part = mostEvents / (networks + 1)
  const hear = async (by: LogbertScorer, rows: readonly number[]): Promise<Calibrated[]> => {
    const drawn = rows.length === 0 ? [] : boundedRows(set, rows, part, seed)
    const scores = await by.score(drawn.map(({ row }) => set.sequences[row]!))
    return drawn.map((item, i) => ({ ...item, score: scores[i]! }))
  }

  options.onProgress?.({ network: 1, networks, share: 1 })
  const known = await hear(scorer, repeated)
  const fresh = await hear(scorer, heldOut)
  const trials = await scorer.score(trialSequences(set, seed).sequences)
  for (const [i, split] of splits.entries()) {
    const tell = (done: number) => options.onProgress?.({ network: i + 2, networks, share: done })
    const training = { ...options, config: trained.config, split }
    const network = await trainOn(set, {
      ...training,
      number: i + 2,
      onProgress: ({ step, steps }) => tell(step / steps),
    })
    const other = await createLogbertScorer(network, options.executor)
    tell(1)
    fresh.push(...(await hear(other, split.heldOut)))
    await other.dispose()
  }
  const calibration = [...known, ...standingFor(fresh, single)]
  return {
    voices: voicesOf(calibration, trials),
    networks,
    ...{ heldOut: fresh.length, repeated: known.length, trials: trials.length },
    leftOut: set.sequences.length - calibration.length,
  }
}

const nothing = ({ sequences }: SequenceSet): LogbertVoices => ({
  ...{ voices: [], networks: 1, heldOut: 0, repeated: 0, leftOut: sequences.length, trials: 0 },
})

/** Lets held-out sequences stand for all `sessions` of their kind. */
const standingFor = (fresh: readonly Calibrated[], sessions: number): Calibrated[] => {
  const total = fresh.reduce((sum, { weight }) => sum + weight, 0)
  return fresh.map(item => ({ ...item, weight: (item.weight * sessions) / total }))
}

const voicesOf = (
  calibration: readonly Calibrated[],
  trials: readonly LogbertScore[],
): ExternalVoice[] => {
  const said = calibration.map(({ score }) => valuesOf(score))
  const tried = trials.map(valuesOf)
  return namesOfVoices.map(name => ({
    name,
    calibration: said.map(values => values[name]!),
    weights: calibration.map(({ weight }) => weight),
    rows: calibration.map(({ row }) => row),
    trials: tried.map(values => values[name]!),
  }))
}
