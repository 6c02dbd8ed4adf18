import { describe, expect, test } from 'bun:test'
import { parseDetector, serializeDetector } from '../../src/core/detect/calibration.ts'
import type { Detector } from '../../src/core/detect/detector.ts'
import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { distinct } from '../../src/core/sequence/sequence-set.ts'
import { makeSessions } from './made-sessions.ts'

const training = distinct(makeSessions(3000, 1))
const detector = fitDetector(training, { budget: 0.005, seed: 1 })

/** All that an explanation says, what was expected at every position as well. */
const told = (by: Detector, session: number[]) => {
  const { expectedAt, entropyAt, ...rest } = by.explain(session)
  const places = [...session, 0].map((_, i) => i)
  return { ...rest, expected: places.map(expectedAt), entropies: places.map(entropyAt) }
}

describe('a fitted detector', () => {
  test('keeps its budget on sessions it has not seen', () => {
    const fresh = makeSessions(4000, 2)
    const alarms = fresh.filter(session => detector.score(session).anomalous).length
    expect(alarms / fresh.length).toBeLessThan(0.01)
  })

  test.each([
    ['an unseen event', [1, 2, 3, 99, 4, 5, 6, 7], 'new template'],
    ['a session that stops early', [1, 2, 3], 'missing ending'],
    ['an effect before its cause', [1, 2, 4, 3, 5, 6, 7], 'sequence'],
    ['a step that repeats too often', [1, 2, 3, 4, 4, 4, 4, 4, 5, 6, 7], undefined],
    ['an empty session', [], undefined],
  ] as const)('alarms on %s', (_, session, kind) => {
    const verdict = detector.score(session)
    expect(verdict.anomalous).toBe(true)
    expect(verdict.pValue).toBeLessThan(0.01)
    if (kind !== undefined) expect(verdict.kind).toBe(kind)
  })

  test('leaves harmless interleavings alone', () => {
    for (const session of [
      [1, 2, 3, 5, 4, 6, 7],
      [1, 2, 5, 3, 6, 4, 7],
    ]) {
      expect(detector.score(session).anomalous).toBe(false)
    }
  })

  test('says what it expected, what is missing and where it got odd', () => {
    const session = [1, 8, 9, 10, 9, 7]
    const told = detector.explain(session)
    expect(told.odd).toContain(5)
    expect(told.expectedAt(5)[0]!.event).toBe(10)
    expect(told.expectedAt(5)[0]!.p).toBeGreaterThan(0.9)
    // One thing is all but certain there: the surprise is no choice among many.
    expect(told.entropyAt(5)).toBeLessThan(0.5)
    expect(told.surprise[5]).toBeGreaterThan(5 * told.entropyAt(5)!)
    expect(detector.explain([1, 2, 3, 5, 6, 7]).missing).toEqual([
      { event: 4, expected: 1, got: 0 },
    ])
    expect(told.surprise).toHaveLength(session.length)
    expect(told.context[5]).toBe(5)
    const ends = detector.explain([1, 2, 11, 12, 7]).expectedAt(5)[0]!
    expect(ends.event).toBeUndefined()
    expect(ends.p).toBeGreaterThan(0.9)
  })

  test('comes back from JSON with the very same verdicts', () => {
    const text = JSON.stringify(serializeDetector(detector))
    const again = parseDetector(JSON.parse(text))
    for (const session of [...makeSessions(50, 3), [1, 2, 99], [1], [7, 7, 7]]) {
      expect(again.score(session)).toEqual(detector.score(session))
      expect(told(again, session)).toEqual(told(detector, session))
    }
  })

  test('gives the same verdicts for the same training and seed', () => {
    const twin = fitDetector(training, { budget: 0.005, seed: 1 })
    expect(twin.score([1, 2, 4, 3, 5, 6, 7])).toEqual(detector.score([1, 2, 4, 3, 5, 6, 7]))
  })
})

describe('what cannot be promised is said', () => {
  test('a small training set cannot hold a tiny budget', () => {
    const small = fitDetector(distinct(makeSessions(50, 4)), { budget: 0.001, seed: 1 })
    expect(small.warnings.find(w => w.code === 'few sessions')?.value).toBeCloseTo(0.04)
  })

  test('where every session brings new types, a new type alone is no alarm', () => {
    const sessions = makeSessions(300, 5).map((s, i) => [...s.slice(0, -1), 1000 + i, 7])
    const loose = fitDetector(distinct(sessions), { budget: 0.01, seed: 1 })
    expect(loose.warnings.map(w => w.code)).toContain('new types common')
    const fresh = makeSessions(300, 6).map((s, i) => [...s.slice(0, -1), 5000 + i, 7])
    const alarms = fresh.filter(session => loose.score(session).anomalous).length
    expect(alarms).toBeLessThan(9)
  })

  test('one session is enough to learn from', () => {
    const one = fitDetector(distinct([[1, 2, 3]]), { budget: 0.01, seed: 1 })
    expect(one.score([1, 2, 3]).anomalous).toBe(false)
  })

  test.each([0, 1, -1, Number.NaN])('a budget of %p is refused', budget => {
    expect(() => fitDetector(training, { budget, seed: 1 })).toThrow('above 0 and below 1')
  })

  test('an empty training set is refused', () => {
    const none = { sequences: [], weights: [] }
    expect(() => fitDetector(none, { budget: 0.01, seed: 1 })).toThrow('nothing to learn from')
  })
})

describe('a damaged snapshot is refused', () => {
  const sound = serializeDetector(detector)
  test.each([
    ['another version', { ...sound, kind: 'detector/9' }],
    ['no rows', { ...sound, rows: [] }],
    ['weights of another length', { ...sound, weights: [1] }],
    ['a budget out of range', { ...sound, budget: 2 }],
    [
      'a tail out of order',
      { ...sound, alone: { ...sound.alone, tail: { values: [1, 2], above: [1, 2] } } },
    ],
    ['a voice missing', { ...sound, voices: sound.voices.slice(1) }],
    ['no object', null],
  ])('%s', (_, snapshot) => {
    expect(() => parseDetector(snapshot)).toThrow('cannot read the detector')
  })
})
