import { LogbertError } from '../errors.ts'
import type { SequenceSet } from '../sequence/sequence-set.ts'
import type { VoiceScore } from '../types.ts'
import { type Alphabet, createAlphabet } from './alphabet.ts'
import { type Explanation, explainSequence } from './explain.ts'
import { checkExternal, type ExternalVoice, spreadOver } from './external-voice.ts'
import { fuse, type Scale, scaleOf } from './fusion.ts'
import { kindOf } from './kind.ts'
import { noveltyOf, unseenTypes } from './novelty.ts'
import { fitPanel, type Hearing, LEAST, type Panel, VOICES } from './panel.ts'
import { keepRows, type Reservoir } from './reservoir.ts'
import { createTail, pValueOf, sizeOf, type Tail } from './tail.ts'
import { honestBudget, thresholdOf } from './threshold.ts'
import type { Verdict, Warning } from './verdict.ts'

export interface DetectorOptions {
  /** Share of normal sessions that may alarm, above 0 and below 1. */
  budget: number
  /** For what is drawn when training is too large to keep. */
  seed: number
  external?: ExternalVoice[]
}

/** A voice with its place on the common scale. */
export interface TunedVoice {
  name: string
  scale: Scale
  tail: Tail
  external: boolean
}

/** All that a detector is made of; plain data, so it can be stored. */
export interface DetectorParts {
  budget: number
  seed: number
  /** Kept training rows, as event ids. */
  rows: number[][]
  weights: number[]
  voices: TunedVoice[]
  /** Fused calibration scores, without the external voices and with all of them. */
  alone: Tail
  joined: Tail
  noveltyRate: number
  warnings: Warning[]
}

export interface Detector {
  readonly budget: number
  /** Fused score from which a session alarms (no external voice given). */
  readonly threshold: number
  readonly warnings: readonly Warning[]
  readonly voices: readonly string[]
  readonly parts: DetectorParts
  /**
   * Judges one sequence of event ids, repeats from a cache.
   * @param external scores of the external voices by name; all of them or none
   */
  score(sequence: readonly number[], external?: Readonly<Record<string, number>>): Verdict
  explain(sequence: readonly number[]): Explanation
}

/** Sequences kept with their own scores; beyond that the cache starts anew. */
const CACHED = 50_000

/** Below so many training sessions only differences that mean something in themselves alarm. */
const FEW = 20

interface Heard extends Hearing {
  unseen: number
}

/** Builds the working detector from its parts. */
export const createDetector = (parts: DetectorParts): Detector => {
  const alphabet = createAlphabet(parts.rows)
  const encoded = parts.rows.map(row => alphabet.encode(row))
  return assemble(parts, alphabet, fitPanel(alphabet, encoded, parts.weights))
}

const assemble = (parts: DetectorParts, alphabet: Alphabet, panel: Panel): Detector => {
  const { budget, voices, alone, joined } = parts
  const known = new Set(alphabet.ids)
  const own = voices.filter(voice => !voice.external)
  const outside = voices.filter(voice => voice.external)
  const limitOf = (tail: Tail): number =>
    Math.max(thresholdOf(tail, budget), sizeOf(tail) < FEW ? 1 : 0)
  const thresholds = { alone: limitOf(alone), joined: limitOf(joined) }
  const alarming = parts.noveltyRate <= honestBudget(budget, sizeOf(alone))
  const cache = new Map<string, Heard>()

  const hear = (sequence: readonly number[]): Heard => {
    const key = sequence.join(' ')
    let heard = cache.get(key)
    if (heard === undefined) {
      heard = {
        ...panel.hear(alphabet.encode(sequence)),
        unseen: unseenTypes(sequence, known),
      }
      if (cache.size >= CACHED) cache.clear()
      cache.set(key, heard)
    }
    return heard
  }

  const score = (
    sequence: readonly number[],
    external?: Readonly<Record<string, number>>,
  ): Verdict => {
    const hearing = hear(sequence)
    const { scores, unseen } = hearing
    const all = outside.length > 0 && outside.every(v => Number.isFinite(external?.[v.name]))
    const used = all ? voices : own
    const values = all ? [...scores, ...outside.map(v => external![v.name]!)] : scores
    const tail = all ? joined : alone
    const limit = all ? thresholds.joined : thresholds.alone
    const fused = fuse(
      values,
      used.map(v => v.scale),
    )
    // An unseen type is odd by itself while new types are rare enough for the budget.
    const total = alarming && unseen > 0 ? Math.max(fused, limit) + unseen : fused
    const heard: VoiceScore[] = used.map((voice, i) => ({
      name: voice.name,
      score: values[i]!,
      pValue: pValueOf(voice.tail, values[i]!),
    }))
    return {
      score: total,
      pValue: pValueOf(tail, total),
      anomalous: total > 0 && total >= limit,
      kind: kindOf(hearing, used, values),
      voices: heard,
    }
  }

  const level = (name: string): number => {
    const voice = own.find(v => v.name === name)!
    return voice.scale.median + voice.scale.unit
  }
  return {
    budget,
    threshold: thresholds.alone,
    warnings: parts.warnings,
    voices: voices.map(voice => voice.name),
    parts,
    score,
    explain: sequence =>
      explainSequence(sequence, alphabet, panel, {
        surprise: level('peak'),
        precedence: level('precedence'),
      }),
  }
}

const checkTraining = ({ sequences, weights }: SequenceSet, { budget }: DetectorOptions): void => {
  if (!(budget > 0 && budget < 1)) {
    throw new LogbertError(
      'BAD_CONFIG',
      `the alarm budget is ${budget}; give a share above 0 and below 1, like 0.001`,
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

/** Names what the training set cannot promise. */
const warningsOf = (n: number, budget: number, rate: number, kept: Reservoir): Warning[] => {
  const warnings: Warning[] = []
  const honest = honestBudget(budget, n)
  if (honest > budget) {
    warnings.push({
      code: 'few sessions',
      message: `${n} training sessions cannot promise fewer false alarms than ${honest.toPrecision(2)} of all; ${Math.ceil(2 / budget)} would do for ${budget}`,
      value: honest,
    })
  }
  if (rate > honest) {
    warnings.push({
      code: 'new types common',
      message: `about ${rate.toPrecision(2)} of normal sessions hold an event type never seen before: a new type alone does not alarm within the budget; set it to ${rate.toPrecision(2)} if it should`,
      value: rate,
    })
  }
  if (kept.dropped > 0) {
    warnings.push({
      code: 'sampled',
      message: `${kept.dropped} of ${kept.dropped + kept.from.length} distinct training sequences are spoken for by a sample of their like`,
      value: kept.dropped,
    })
  }
  return warnings
}

/**
 * Learns what normal sessions look like and calibrates every voice and their fusion on exact
 * leave-one-out scores; no labels, no network.
 * @param training distinct sequences of event ids with how often each occurred
 * @throws LogbertError BAD_CONFIG on a budget outside (0, 1), BAD_INPUT on an empty or uneven set
 */
export const fitDetector = (training: SequenceSet, options: DetectorOptions): Detector => {
  checkTraining(training, options)
  const kept = keepRows(training, options.seed)
  const rows = kept.sequences
  const alphabet = createAlphabet(rows)
  const encoded = rows.map(row => alphabet.encode(row))
  const panel = fitPanel(alphabet, encoded, kept.weights)
  const held = encoded.map((_, i) => panel.leaveOneOut(i))
  const tune = (name: string, scores: number[], least: number, external: boolean): TunedVoice => ({
    name,
    scale: scaleOf(scores, kept.shares, least),
    tail: createTail(scores, kept.shares),
    external,
  })
  const own = VOICES.map((name, v) =>
    tune(
      name,
      held.map(h => h[v]!),
      LEAST[name],
      false,
    ),
  )
  const fusedOwn = held.map(h =>
    fuse(
      h,
      own.map(v => v.scale),
    ),
  )
  const outside = (options.external ?? []).map((voice, i, list) => {
    checkExternal(voice, training.sequences.length, [
      ...VOICES,
      ...list.slice(0, i).map(v => v.name),
    ])
    const scores = spreadOver(voice, fusedOwn, kept.shares, kept.from)
    return { scores, tuned: tune(voice.name, scores, 1e-3, true) }
  })
  const voices = [...own, ...outside.map(o => o.tuned)]
  const scales = voices.map(v => v.scale)
  const fusedAll = held.map((h, i) => fuse([...h, ...outside.map(o => o.scores[i]!)], scales))
  const novelty = noveltyOf(rows, kept.weights)
  const n = training.weights.reduce((a, b) => a + b, 0)
  const parts: DetectorParts = {
    budget: options.budget,
    seed: options.seed,
    rows,
    weights: kept.weights,
    voices,
    alone: createTail(fusedOwn, kept.shares),
    joined: createTail(fusedAll, kept.shares),
    noveltyRate: novelty.rate,
    warnings: warningsOf(n, options.budget, novelty.rate, kept),
  }
  return assemble(parts, alphabet, panel)
}
