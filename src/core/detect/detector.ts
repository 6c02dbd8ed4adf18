import type { VoiceScore } from '../types.ts'
import { type Alphabet, createAlphabet } from './alphabet.ts'
import { type Explanation, explainSequence } from './explain.ts'
import { evidenceOfAll, type Fusion, join } from './fusion.ts'
import { kindOf } from './kind.ts'
import { noveltyAlarms, unseenTypes } from './novelty.ts'
import { createOrdinary, type Ordinary } from './ordinary.ts'
import { fitPanel, type Hearing, type Panel, VOICES } from './panel.ts'
import { createSequenceCache } from './sequence-cache.ts'
import { evidenceOf, honestBudget, pValueOf, sizeOf, type Tail, thresholdOf } from './tail.ts'
import type { Verdict, Warning } from './verdict.ts'

/** A voice with what normal sessions score. */
export interface TunedVoice {
  name: string
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
  /** The detector's own voices first. */
  voices: TunedVoice[]
  /** The own voices joined, and all of them with the external ones. */
  alone: Fusion
  joined: Fusion
  noveltyRate: number
  warnings: Warning[]
}

/** External scores of one sequence, by the names of the voices. */
export type ExternalScores = Readonly<Record<string, number>>

export interface Detector {
  readonly budget: number
  /** Score from which a session alarms: −ln of the budget that the training set can promise. */
  readonly threshold: number
  readonly warnings: readonly Warning[]
  readonly voices: readonly string[]
  readonly parts: DetectorParts
  /**
   * Judges one sequence of event ids. What the own voices say is cached by sequence.
   * @param external scores of all external voices; without one of them the own voices decide
   */
  score(sequence: readonly number[], external?: ExternalScores): Verdict
  explain(sequence: readonly number[]): Explanation
  /** Sequences that had been judged before, and those that had not. */
  readonly cache: { hits: number; misses: number }
  /** Whether two sessions differ only as normal ones differ from each other. */
  near(one: readonly number[], other: readonly number[]): boolean
}

interface Heard extends Hearing {
  unseen: number
}

/** So few sessions calibrate nothing: only evidence that is strong in itself (nats) alarms. */
const FEW = 20
const STRONG = 6

/** Builds the working detector from its parts. */
export const createDetector = (parts: DetectorParts): Detector => {
  const alphabet = createAlphabet(parts.rows)
  const encoded = parts.rows.map(row => alphabet.encode(row))
  return assemble(parts, alphabet, fitPanel(alphabet, encoded, parts.weights))
}

/** Evidence in nats from which a single place is shown as odd: one in a thousand sessions. */
const ODD = Math.log(1000)

/** The least score of a voice that one in a thousand normal sessions reaches. */
const oddLevel = (tail: Tail): number => {
  const a = honestBudget(Math.exp(-ODD), sizeOf(tail))
  return thresholdOf(tail, a)
}

/** −ln of the share of normal sessions that this fusion finds so odd, in nats. */
const rarity = ({ weights, tail }: Fusion, evidence: Float64Array): number =>
  evidenceOf(tail, join(evidence, weights))

/** What outside voices may spend on alarms of their own, as a part of the budget and beside it. */
const OUTSIDE = 0.2

/**
 * The own voices keep the whole budget, whatever an outside voice says: it adds alarms of its own
 * and cannot drown theirs. Together they are bounded by 1 + OUTSIDE budgets (Bonferroni).
 */
const share = (own: number, all: number): number => Math.max(own, all + Math.log(OUTSIDE))

/** Wires a fitted panel to its calibration. */
export const assemble = (parts: DetectorParts, alphabet: Alphabet, panel: Panel): Detector => {
  const { voices, alone, joined } = parts
  const known = new Set(alphabet.ids)
  const tails = voices.map(voice => voice.tail)
  const outside = voices.slice(VOICES.length).map(voice => voice.name)
  const budget = honestBudget(parts.budget, sizeOf(alone.tail))
  const limit = Math.max(-Math.log(budget), sizeOf(alone.tail) < FEW ? STRONG : 0)
  const newIsOdd = noveltyAlarms(parts.noveltyRate, parts.budget)
  const cache = createSequenceCache<Heard>()
  let ordinary: Ordinary | undefined

  const hear = (sequence: readonly number[]): Heard =>
    cache.get(sequence, () => {
      const unseen = unseenTypes(sequence, known)
      return { ...panel.hear(alphabet.encode(sequence), unseen), unseen }
    })

  const score = (sequence: readonly number[], external?: ExternalScores): Verdict => {
    const heard = hear(sequence)
    const all = outside.length > 0 && outside.every(name => Number.isFinite(external?.[name]))
    const values = all ? [...heard.scores, ...outside.map(name => external![name]!)] : heard.scores
    const evidence = evidenceOfAll(values, all ? tails : tails.slice(0, VOICES.length))
    const own = rarity(alone, evidence.subarray(0, VOICES.length))
    const whole = all ? share(own, rarity(joined, evidence)) : own
    const fused = newIsOdd && heard.unseen > 0 ? Math.max(whole, limit) : whole
    const loud = whole > own ? joined : alone
    const spoken: VoiceScore[] = Array.from(values, (value, v) => ({
      name: voices[v]!.name,
      score: value,
      pValue: pValueOf(tails[v]!, value),
    }))
    return {
      score: fused,
      pValue: Math.min(1, Math.exp(-fused)),
      anomalous: fused >= limit,
      kind: kindOf(
        heard,
        loud.weights.map((w, v) => w * evidence[v]!),
      ),
      voices: spoken,
    }
  }

  const tailOf = (name: (typeof VOICES)[number]): Tail => tails[VOICES.indexOf(name)]!
  return {
    budget: parts.budget,
    threshold: limit,
    warnings: parts.warnings,
    voices: voices.map(voice => voice.name),
    parts,
    cache: cache.stats,
    score,
    explain: sequence =>
      explainSequence(sequence, alphabet, panel, {
        surprise: oddLevel(tailOf('peak')),
        precedence: oddLevel(tailOf('precedence')),
      }),
    near: (one, other) => {
      ordinary ??= createOrdinary(parts.rows, parts.weights)
      return ordinary(one, other)
    },
  }
}
