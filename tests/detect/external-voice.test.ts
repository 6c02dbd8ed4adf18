import { describe, expect, test } from 'bun:test'
import { parseDetector, serializeDetector } from '../../src/core/detect/calibration.ts'
import { createDraw } from '../../src/core/detect/draw.ts'
import type { ExternalVoice } from '../../src/core/detect/external-voice.ts'
import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { trialSequences } from '../../src/core/detect/trials.ts'
import { distinct } from '../../src/core/sequence/sequence-set.ts'
import { makeSessions } from './made-sessions.ts'

const training = distinct(makeSessions(2000, 1))
const options = { budget: 0.005, seed: 1 }
const trials = trialSequences(training, options.seed).sequences

const hash = (sequence: readonly number[]): number =>
  (sequence.reduce((h, e) => (Math.imul(h, 31) + e) | 0, 7) >>> 0) / 4294967296

const calibrate = (score: (s: readonly number[]) => number): Omit<ExternalVoice, 'name'> => ({
  calibration: training.sequences.map(score),
  weights: training.weights,
  rows: training.sequences.map((_, i) => i),
})

describe('a voice from outside', () => {
  test('is heard when it finds what the others cannot', () => {
    const draw = createDraw(1)
    const soup = Array.from({ length: 400 }, () =>
      Array.from({ length: 12 }, () => Math.floor(draw() * 4)),
    )
    const random = distinct(soup)
    const known = new Set(soup.map(s => s.join(' ')))
    const score = (s: readonly number[]) => (known.has(s.join(' ')) ? draw() : 5 + draw())
    const voice = {
      name: 'view',
      calibration: random.sequences.map(score),
      rows: random.sequences.map((_, i) => i),
      trials: trialSequences(random, options.seed).sequences.map(score),
    }
    const detector = fitDetector(random, { ...options, external: [voice] })
    expect(detector.warnings.map(w => w.code)).not.toContain('voice left out')
    expect(detector.score(soup[0]!, { view: 0.5 }).anomalous).toBe(false)
    expect(detector.score(soup[0]!, { view: 5 }).anomalous).toBe(true)
    expect(detector.score(soup[0]!, { view: 5 }).voices.at(-1)!.name).toBe('view')
  })

  test('is switched off when it tells the trials from nothing', () => {
    const voice = { name: 'noise', ...calibrate(hash), trials: trials.map(hash) }
    const detector = fitDetector(training, { ...options, external: [voice] })
    expect(detector.warnings.find(w => w.code === 'voice left out')?.message).toContain('noise')
    const session = [1, 2, 3, 4, 5, 6, 7]
    expect(detector.score(session, { noise: 50 }).anomalous).toBe(false)
  })

  test('without trials is taken at its word, without rows with care', () => {
    const draw = createDraw(2)
    const voice = { name: 'view', calibration: Array.from({ length: 500 }, draw) }
    const detector = fitDetector(training, { ...options, external: [voice] })
    const fresh = makeSessions(3000, 2)
    const alarms = fresh.filter(s => detector.score(s, { view: draw() }).anomalous)
    expect(alarms.length / fresh.length).toBeLessThan(0.01)
    expect(detector.score([1, 2, 3, 4, 5, 6, 7], { view: 30 }).anomalous).toBe(true)
  })

  test('comes back from JSON', () => {
    const voice = { name: 'view', ...calibrate(hash) }
    const detector = fitDetector(training, { ...options, external: [voice] })
    const again = parseDetector(JSON.parse(JSON.stringify(serializeDetector(detector))))
    expect(again.score([1, 2, 3], { view: 2 })).toEqual(detector.score([1, 2, 3], { view: 2 }))
  })

  test.each([
    ['a taken name', { name: 'count', calibration: [1] }, 'name is taken'],
    ['no scores', { name: 'view', calibration: [] }, 'no calibration scores'],
    ['a score that is no number', { name: 'view', calibration: [Number.NaN] }, 'finite'],
    ['weights of another length', { name: 'view', calibration: [1], weights: [] }, 'weights'],
    ['an unknown row', { name: 'view', calibration: [1], rows: [1e6] }, 'rows must be'],
    ['too few trials', { name: 'view', calibration: [1], trials: [1] }, 'trials must be'],
  ])('is refused with %s', (_, voice, wish) => {
    expect(() => fitDetector(training, { ...options, external: [voice] })).toThrow(wish)
  })
})
