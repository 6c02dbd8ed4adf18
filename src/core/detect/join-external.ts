import type { ExternalVoice } from './external-voice.ts'
import { createTail, evidenceOf, type Tail } from './tail.ts'
import type { Evidence } from './tuning.ts'

/** Some of the sessions that a training row stands for, with what outside voices said of them. */
interface Part {
  row: number
  share: number
  /** Evidence of the outside voices so far. */
  said: number[]
}

/** Nothing is known about an outside voice's unit: its spread stands for it. */
const deviation = (scores: readonly number[], shares: readonly number[]): number => {
  let n = 0
  let sum = 0
  let square = 0
  scores.forEach((score, i) => {
    n += shares[i]!
    sum += shares[i]! * score
    square += shares[i]! * score * score
  })
  return Math.max(1e-9, Math.sqrt(Math.max(0, square / n - (sum / n) ** 2)))
}

/** Calibrates an outside voice on what its own calibration scores say. */
export const tailOfExternal = ({ calibration, weights }: ExternalVoice): Tail => {
  const copies = weights ?? calibration.map(() => 1)
  return createTail(calibration, copies, deviation(calibration, copies))
}

/** Lays the voice's scores beside the parts in the same order of oddness, cutting parts in two. */
const coupled = (voice: ExternalVoice, tail: Tail, parts: readonly Part[]): Part[] => {
  const order = voice.calibration.map((score, i) => ({ score, weight: voice.weights?.[i] ?? 1 }))
  order.sort((a, b) => b.score - a.score)
  const stretch =
    parts.reduce((sum, part) => sum + part.share, 0) / order.reduce((sum, o) => sum + o.weight, 0)
  const out: Part[] = []
  let at = 0
  let left = order[0]!.weight * stretch
  for (const part of parts) {
    let share = part.share
    while (share > 1e-9) {
      const last = at === order.length - 1
      const taken = last ? share : Math.min(share, left)
      if (taken > 0) {
        const said = [...part.said, evidenceOf(tail, order[at]!.score)]
        out.push({ row: part.row, share: taken, said })
      }
      share -= taken
      left -= taken
      if (left <= 1e-9 && !last) {
        at += 1
        left = order[at]!.weight * stretch
      }
    }
  }
  return out
}

/**
 * Gives every part a score of the voice. Rows that the voice has scored keep theirs; for the others
 * the sessions odd to the voice are taken to be the ones odd to the own voices: the joint tail
 * comes out too heavy rather than too light, which costs alarms and never the budget.
 */
const refine = (
  voice: ExternalVoice,
  tail: Tail,
  parts: readonly Part[],
  from: readonly number[],
): Part[] => {
  const scored = new Map(voice.rows?.map((row, i) => [row, voice.calibration[i]!]))
  const known = parts.filter(part => scored.has(from[part.row]!))
  const others = parts.filter(part => !scored.has(from[part.row]!))
  return [
    ...known.map(part => {
      const score = scored.get(from[part.row]!)!
      return { ...part, said: [...part.said, evidenceOf(tail, score)] }
    }),
    ...coupled(voice, tail, others),
  ]
}

/**
 * Adds outside voices to the evidence. When all of them have heard the trials, each begins unheard
 * and must earn its weight; else they are taken at their word.
 * @param own fused scores and weights of the own voices @param from training row of each row
 */
export const joinExternal = (
  base: Evidence,
  own: { scores: readonly number[]; weights: readonly number[] },
  outside: readonly { voice: ExternalVoice; tail: Tail }[],
  from: readonly number[],
): Evidence => {
  let parts: Part[] = own.scores
    .map((_, row) => ({ row, share: base.shares[row]!, said: [] }))
    .sort((a, b) => own.scores[b.row]! - own.scores[a.row]!)
  for (const { voice, tail } of outside) parts = refine(voice, tail, parts, from)
  const judged = outside.every(({ voice }) => voice.trials !== undefined)
  const trials = base.trials.map((e, i) =>
    Float64Array.of(...e, ...outside.map(o => evidenceOf(o.tail, o.voice.trials?.[i] ?? 0))),
  )
  return {
    ...base,
    normal: parts.map(part => Float64Array.of(...base.normal[part.row]!, ...part.said)),
    shares: parts.map(part => part.share),
    trials: judged ? trials : [],
    least: [...base.least, ...outside.map(() => 0)],
    start: [...own.weights, ...outside.map(() => (judged ? 0 : 1))],
  }
}
