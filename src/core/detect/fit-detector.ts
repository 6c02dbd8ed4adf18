import { LogbertError } from '../errors.ts'
import type { SequenceSet } from '../sequence/sequence-set.ts'
import { assemble, type Detector, type DetectorParts } from './detector.ts'
import { checkExternals, type ExternalVoice, withoutRows } from './external-voice.ts'
import { evidenceOfAll, type Fusion, join } from './fusion.ts'
import { joinExternal, tailOfExternal } from './join-external.ts'
import { noveltyRate, unseenTypes } from './novelty.ts'
import { fitOwnVoices } from './own-voices.ts'
import { VOICES } from './panel.ts'
import { purify } from './purify.ts'
import { keepRows, type Reservoir } from './reservoir.ts'
import { weightsToTune } from './start-weights.ts'
import { createTail } from './tail.ts'
import { trialSequences } from './trials.ts'
import { type Evidence, tuneWeights } from './tuning.ts'
import { warningsOf } from './warnings.ts'

export interface DetectorOptions {
  /** Share of normal sessions that may alarm, above 0 and below 1. */
  budget: number
  /** For what is drawn: trials, and a sample when training is too large to keep. */
  seed: number
  external?: ExternalVoice[]
  /**
   * Share of the training sessions that may be anomalies: so many of the oddest are not learned
   * from. 0 (clean) when absent; false alarms may grow by as much.
   */
  impurity?: number
}

const checkTraining = ({ sequences, weights }: SequenceSet, options: DetectorOptions): void => {
  const { budget, impurity = 0 } = options
  if (!(budget > 0 && budget < 1)) {
    throw new LogbertError(
      'BAD_CONFIG',
      `the alarm budget is ${budget}; give a share above 0 and below 1, like 0.001`,
    )
  }
  if (!(impurity >= 0 && impurity < 0.5)) {
    throw new LogbertError(
      'BAD_CONFIG',
      `the impurity of training is ${impurity}; give a share from 0 to below 0.5, like 0.002`,
    )
  }
  if (sequences.length === 0) {
    throw new LogbertError(
      'BAD_INPUT',
      'there is nothing to learn from: the training set holds no session; give it normal logs',
    )
  }
  if (weights.length !== sequences.length || !weights.every(w => w > 0)) {
    throw new LogbertError(
      'BAD_INPUT',
      'the training set needs one positive weight for every sequence; fold it with distinct()',
    )
  }
}

const NOVELTY = VOICES.indexOf('novelty')

/**
 * Learns what normal sessions look like and calibrates every voice and their fusion on exact
 * leave-one-out scores; no labels, no network.
 * @param training distinct sequences of event ids with how often each occurred
 * @throws LogbertError BAD_CONFIG on a budget outside (0, 1), BAD_INPUT on an empty or uneven set
 */
export const fitDetector = (training: SequenceSet, options: DetectorOptions): Detector => {
  checkTraining(training, options)
  const { budget, seed, external = [] } = options
  const whole = keepRows(training, seed)
  const kept = purify(whole, options.impurity ?? 0)
  const { sequences: rows, shares } = kept
  const { alphabet, panel, held, tails } = fitOwnVoices(kept)

  const trials = trialSequences(training, seed)
  const known = new Set(alphabet.ids)
  const tried = trials.sequences.map(s => panel.hear(alphabet.encode(s), unseenTypes(s, known)))
  const base: Evidence = {
    normal: held.map(scores => evidenceOfAll(scores, tails)),
    shares,
    trials: tried.map(({ scores }) => evidenceOfAll(scores, tails)),
    kinds: trials.kinds,
    ...weightsToTune(budget * shares.reduce((a, b) => a + b, 0)),
  }
  const alone = fuseTuned(base, budget)
  checkExternals(external, training.sequences.length, trials.sequences.length)
  const gone = goneRows(whole, kept)
  const outside = external.map(offered => {
    const voice = withoutRows(offered, gone)
    return { voice, tail: tailOfExternal(voice) }
  })
  const own = { scores: alone.scores, weights: alone.fusion.weights }
  const joined =
    outside.length === 0 ? alone : fuseTuned(joinExternal(base, own, outside, kept.from), budget)

  const given = training.weights.reduce((a, b) => a + b, 0)
  const n = kept === whole ? given : Math.round(shares.reduce((a, b) => a + b, 0))
  const rate = noveltyRate(
    held.map(scores => scores[NOVELTY]!),
    shares,
  )
  const leftOut = external.filter((_, i) => joined.fusion.weights[VOICES.length + i] === 0)
  const parts: DetectorParts = {
    budget,
    seed,
    rows,
    weights: kept.weights,
    voices: [
      ...VOICES.map((name, v) => ({ name, tail: tails[v]!, external: false })),
      ...outside.map(({ voice, tail }) => ({ name: voice.name, tail, external: true })),
    ],
    alone: alone.fusion,
    joined: joined.fusion,
    noveltyRate: rate,
    warnings: warningsOf({
      n,
      budget,
      rate,
      distinct: training.sequences.length,
      dropped: kept.dropped,
      trimmed: given - n,
      leftOut: leftOut.map(voice => voice.name),
    }),
  }
  return assemble(parts, alphabet, panel)
}

/** Training rows that are no longer there. */
const goneRows = (whole: Reservoir, kept: Reservoir): ReadonlySet<number> =>
  new Set(whole.from).difference(new Set(kept.from))

/** Tunes the weights of the voices, then calibrates what they say together. */
const fuseTuned = (evidence: Evidence, budget: number): { fusion: Fusion; scores: number[] } => {
  const weights = tuneWeights({ ...evidence, budget })
  const scores = evidence.normal.map(e => join(e, weights))
  return { fusion: { weights, tail: createTail(scores, evidence.shares, 1) }, scores }
}
