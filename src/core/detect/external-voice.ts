import { LogbertError } from '../errors.ts'
import { VOICES } from './panel.ts'

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

/**
 * @param rows training rows there are @param made trials there are
 * @throws LogbertError BAD_INPUT when lengths disagree, a value is no number or a row is unknown.
 */
export const checkExternals = (
  voices: readonly ExternalVoice[],
  rows: number,
  made: number,
): void => {
  voices.forEach((voice, i) => {
    const taken = [...VOICES, ...voices.slice(0, i).map(other => other.name)]
    check(!taken.includes(voice.name), voice.name, 'the name is taken, choose another')
    checkScores(voice, rows, made)
  })
}

const checkScores = (voice: ExternalVoice, rows: number, made: number): void => {
  const { name, calibration, weights, rows: where, trials } = voice
  const n = calibration.length
  check(n > 0, name, 'it has no calibration scores; score held-out sessions first')
  const all = [...calibration, ...(trials ?? [])]
  check(all.every(Number.isFinite), name, 'its scores must be finite numbers')
  check(
    weights === undefined ||
      (weights.length === n && weights.every(w => w > 0 && Number.isFinite(w))),
    name,
    'weights must be positive and as many as calibration scores',
  )
  check(
    where === undefined ||
      (where.length === n && where.every(row => Number.isInteger(row) && row >= 0 && row < rows)),
    name,
    `rows must be as many as calibration scores, each from 0 to ${rows - 1}`,
  )
  check(
    trials === undefined || trials.length === made,
    name,
    `trials must be its scores of the ${made} trial sequences of this training set and seed`,
  )
}

/** A voice without what it says of some training rows, unless nothing would be left. */
export const withoutRows = (voice: ExternalVoice, gone: ReadonlySet<number>): ExternalVoice => {
  const { rows, calibration, weights } = voice
  if (rows === undefined || gone.size === 0 || rows.every(row => gone.has(row))) return voice
  const stays = (_: unknown, i: number): boolean => !gone.has(rows[i]!)
  return {
    ...voice,
    rows: rows.filter(stays),
    calibration: calibration.filter(stays),
    ...(weights !== undefined && { weights: weights.filter(stays) }),
  }
}
