import { LogbertError } from '../errors.ts'
import { createDetector, type Detector, type DetectorParts } from './detector.ts'
import { VOICES } from './panel.ts'
import type { Tail } from './tail.ts'

const KIND = 'detector/1'

/** The detector as versioned plain JSON (`calibration.json` of a bundle). */
export type DetectorSnapshot = DetectorParts & { kind: typeof KIND }

export const serializeDetector = (detector: Detector): DetectorSnapshot => ({
  kind: KIND,
  ...detector.parts,
})

const need = (good: boolean, what: string): void => {
  if (good) return
  throw new LogbertError(
    'BAD_BUNDLE',
    `cannot read the detector: ${what}; train again, or use the version that wrote it`,
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(Number.isFinite)

const isTail = (value: unknown): value is Tail =>
  isRecord(value) &&
  isNumbers(value.values) &&
  isNumbers(value.above) &&
  value.values.length === value.above.length &&
  value.values.length > 0 &&
  value.values.every((v, i, list) => i === 0 || v < list[i - 1]!) &&
  value.above.every((a, i, list) => a > (i === 0 ? 0 : list[i - 1]!)) &&
  [value.base, value.mean, value.beyond, value.slack].every(Number.isFinite) &&
  (value.mean as number) > 0

const isFusion = (value: unknown, voices: number): boolean =>
  isRecord(value) &&
  isTail(value.tail) &&
  isNumbers(value.weights) &&
  value.weights.length === voices

const isVoice = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value.name === 'string' &&
  typeof value.external === 'boolean' &&
  isTail(value.tail)

const isWarning = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value.code === 'string' &&
  typeof value.message === 'string' &&
  Number.isFinite(value.value)

const checkRows = ({ rows, weights }: Record<string, unknown>): void => {
  need(
    Array.isArray(rows) &&
      rows.length > 0 &&
      rows.every(row => isNumbers(row) && row.every(Number.isInteger)),
    '`rows` must be lists of event ids',
  )
  need(
    isNumbers(weights) &&
      weights.length === (rows as unknown[]).length &&
      weights.every(w => w > 0),
    '`weights` must be positive numbers, one a row',
  )
}

const checkVoices = ({ voices }: Record<string, unknown>): void => {
  need(Array.isArray(voices) && voices.every(isVoice), '`voices` has the wrong shape')
  const own = (voices as { name: string; external: boolean }[]).filter(v => !v.external)
  need(
    own.length === VOICES.length &&
      VOICES.every((name, i) => (voices as { name: string }[])[i]?.name === name),
    `its voices are ${own.map(v => v.name).join(', ')}, this program has ${VOICES.join(', ')}`,
  )
}

/**
 * Rebuilds a detector from parsed JSON; it then gives the very same verdicts.
 * @throws LogbertError BAD_BUNDLE naming what is wrong.
 */
export const parseDetector = (value: unknown): Detector => {
  if (!isRecord(value)) throw need(false, 'it is no object')
  need(value.kind === KIND, `its kind is ${JSON.stringify(value.kind)}, not "${KIND}"`)
  const { budget, seed, alone, joined, noveltyRate, warnings } = value
  need(typeof budget === 'number' && budget > 0 && budget < 1, '`budget` is no share')
  need(Number.isFinite(seed), '`seed` is no number')
  need(Number.isFinite(noveltyRate), '`noveltyRate` is no number')
  need(Array.isArray(warnings) && warnings.every(isWarning), '`warnings` has the wrong shape')
  checkRows(value)
  checkVoices(value)
  const count = (value.voices as unknown[]).length
  const whole = isFusion(alone, VOICES.length) && isFusion(joined, count)
  need(whole, 'the joined calibration has the wrong shape')
  const { kind: _, ...parts } = value as unknown as DetectorSnapshot
  return createDetector(parts)
}
