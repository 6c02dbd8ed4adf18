import { describe, expect, test } from 'bun:test'
import type { ExternalVoice } from '../../src/core/detect/external-voice.ts'
import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { distinct } from '../../src/core/sequence/sequence-set.ts'
import { makeSessions } from './made-sessions.ts'

/** Failures that are no two alike. */
const failures = Array.from({ length: 8 }, (_, i) => [
  ...[1, 2, 3, 5].slice(0, 2 + (i % 3)),
  ...new Array(1 + (i >> 1)).fill(13),
  7,
])
const unclean = distinct([...makeSessions(3000, 1), ...failures])
const failing = failures[5]!
const options = { budget: 0.001, seed: 1 }

describe('training sessions that were failures', () => {
  test('hide their like, unless training is said to be unclean', () => {
    expect(fitDetector(unclean, options).score(failing).anomalous).toBe(false)
    const told = fitDetector(unclean, { ...options, impurity: 0.004 })
    expect(told.score(failing).anomalous).toBe(true)
  })

  test('are left out by number of sessions, and that is said', () => {
    const told = fitDetector(unclean, { ...options, impurity: 0.004 })
    const trimmed = told.warnings.find(w => w.code === 'trimmed')!.value
    expect(trimmed).toBeGreaterThan(0)
    expect(trimmed).toBeLessThanOrEqual(0.004 * 3008)
    expect(told.parts.weights.reduce((a, b) => a + b, 0)).toBe(3008 - trimmed)
  })

  test('cost no more false alarms than the share that was named', () => {
    const told = fitDetector(distinct(makeSessions(3000, 1)), { ...options, impurity: 0.01 })
    const fresh = makeSessions(4000, 2)
    const alarms = fresh.filter(s => told.score(s).anomalous).length
    expect(alarms / fresh.length).toBeLessThan(0.02)
  })
})

test('without impurity nothing is left out', () => {
  const told = fitDetector(unclean, { ...options, impurity: 0 })
  expect(told.parts).toEqual(fitDetector(unclean, options).parts)
  expect(told.warnings.map(w => w.code)).not.toContain('trimmed')
})

test('voices from outside lose the rows that are left out', () => {
  const rows = unclean.sequences.map((_, i) => i)
  const calibration = unclean.sequences.map(s => (s.includes(13) ? 100 : s.length))
  const voice: ExternalVoice = { name: 'view', calibration, weights: unclean.weights, rows }
  const external = [voice]
  const plain = fitDetector(unclean, { ...options, external })
  const told = fitDetector(unclean, { ...options, external, impurity: 0.004 })
  const most = (d: typeof plain) => d.parts.voices.at(-1)!.tail.values[0]!
  expect(most(plain)).toBe(100)
  expect(most(told)).toBeLessThan(100)
})

test.each([-0.1, 0.5, Number.NaN])('an impurity of %p is refused', impurity => {
  expect(() => fitDetector(unclean, { ...options, impurity })).toThrow('impurity')
})
