import { LogbertError } from '../errors.ts'

/**
 * A voice that is computed elsewhere (a network's view). It is heard with `score(sequence,
 * { [name]: value })`; where a session comes without its value, the other voices decide alone.
 */
export interface ExternalVoice {
  name: string
  /** Scores of normal sessions that the voice had not learned from; they grow with oddness. */
  calibration: number[]
  /** How many sessions each of `calibration` stands for; 1 each when absent. */
  weights?: number[]
  /**
   * Row of the training set behind each of `calibration`. Without it the detector assumes that the
   * sessions odd to this voice are the ones odd to the others, which can only cost alarms.
   */
  rows?: number[]
  /** Its scores of `trialSequences(training, seed)`: with them it must show that it helps. */
  trials?: number[]
}

const check = (good: boolean, name: string, wish: string): void => {
  if (good) return
  throw new LogbertError('BAD_INPUT', `cannot hear voice "${name}": ${wish}`)
}

/** @throws LogbertError BAD_INPUT when lengths disagree, a value is no number or a row is unknown. */
export const checkExternal = (
  voice: ExternalVoice,
  rows: number,
  taken: readonly string[],
): void => {
  const { name, calibration, weights, rows: where, trials } = voice
  check(!taken.includes(name), name, 'the name is taken, choose another')
  check(calibration.length > 0, name, 'it has no calibration scores; score held-out sessions first')
  check(
    [...calibration, ...(trials ?? [])].every(Number.isFinite),
    name,
    'its scores must be finite numbers',
  )
  check(
    weights === undefined ||
      (weights.length === calibration.length && weights.every(w => w > 0 && Number.isFinite(w))),
    name,
    'weights must be positive and as many as calibration scores',
  )
  check(
    where === undefined ||
      (where.length === calibration.length &&
        where.every(row => Number.isInteger(row) && row >= 0 && row < rows)),
    name,
    `rows must be as many as calibration scores, each from 0 to ${rows - 1}`,
  )
}

/**
 * One calibration score for every base row. Known rows keep theirs; the others take the score of
 * the same rank, so that the joint tail comes out too heavy rather than too light.
 * @param oddness fused score of the other voices by row
 * @param from training row behind each base row
 */
export const spreadOver = (
  voice: ExternalVoice,
  oddness: readonly number[],
  shares: readonly number[],
  from: readonly number[],
): number[] => {
  const place = new Map(from.map((row, i) => [row, i]))
  const out: (number | undefined)[] = oddness.map(() => undefined)
  voice.rows?.forEach((row, i) => {
    const at = place.get(row)
    if (at !== undefined) out[at] = voice.calibration[i]
  })
  const order = voice.calibration
    .map((score, i) => ({ score, weight: voice.weights?.[i] ?? 1 }))
    .sort((a, b) => b.score - a.score)
  const total = order.reduce((sum, o) => sum + o.weight, 0)
  const n = shares.reduce((a, b) => a + b, 0)
  let at = 0
  let passed = 0
  let rank = 0
  for (const row of oddness.map((_, i) => i).sort((a, b) => oddness[b]! - oddness[a]!)) {
    const share = ((rank + shares[row]! / 2) / n) * total
    while (at < order.length - 1 && passed + order[at]!.weight < share) {
      passed += order[at]!.weight
      at += 1
    }
    out[row] ??= order[at]!.score
    rank += shares[row]!
  }
  return out as number[]
}
