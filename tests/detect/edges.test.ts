import { describe, expect, test } from 'bun:test'
import { parseDetector, serializeDetector } from '../../src/core/detect/calibration.ts'
import { createDraw } from '../../src/core/detect/draw.ts'
import { fitDetector } from '../../src/core/detect/fit-detector.ts'
import { noveltyAlarms } from '../../src/core/detect/novelty.ts'
import { createPrecedenceModel } from '../../src/core/detect/precedence.ts'
import { distinct } from '../../src/core/sequence/sequence-set.ts'
import { makeSessions } from './made-sessions.ts'

const fit = (sessions: number[][], budget = 0.001) =>
  fitDetector(distinct(sessions), { budget, seed: 1 })

describe('tiny training sets', () => {
  test.each([1, 2, 5])('%p sessions: what was seen passes, what is foreign alarms', n => {
    const detector = fit(Array.from({ length: n }, () => [1, 2, 3, 4]))
    expect(detector.score([1, 2, 3, 4]).anomalous).toBe(false)
    expect(detector.score([7, 8, 9, 7, 8, 9, 7, 8, 9]).anomalous).toBe(true)
    expect(detector.warnings.map(w => w.code)).toContain('few sessions')
  })

  test.each([2, 5])('%p sessions, all different, alarm on none of themselves', n => {
    const sessions = makeSessions(n, 3)
    const detector = fit(sessions)
    expect(sessions.filter(s => detector.score(s).anomalous)).toEqual([])
  })

  test('one template only: a session of many more of it is odder than one of a few more', () => {
    const detector = fit(Array.from({ length: 300 }, (_, i) => new Array(1 + (i % 3)).fill(5)))
    expect(detector.score([5, 5]).anomalous).toBe(false)
    const scores = [4, 8, 40].map(n => detector.score(new Array(n).fill(5)).score)
    expect(scores[2]!).toBeGreaterThan(scores[0]!)
    expect(detector.score(new Array(400).fill(5)).anomalous).toBe(true)
  })
})

describe('large inputs', () => {
  test('a hundred thousand event types', () => {
    const sessions = Array.from({ length: 10_000 }, (_, i) =>
      Array.from({ length: 10 }, (_, k) => 10 * i + k),
    )
    const start = performance.now()
    const detector = fit([...sessions, ...makeSessions(100, 1)], 0.01)
    expect(performance.now() - start).toBeLessThan(20_000)
    expect(Number.isFinite(detector.score([1, 2, 3]).score)).toBe(true)
    expect(detector.warnings.map(w => w.code)).toContain('new types common')
  }, 30_000)

  test('a session of fifty thousand events', () => {
    const draw = createDraw(1)
    const long = Array.from({ length: 50_000 }, () => Math.floor(draw() * 30))
    const detector = fit([...makeSessions(200, 1), long.slice(0, 20_000)])
    expect(Number.isFinite(detector.score(long).score)).toBe(true)
    expect(detector.explain(long.slice(0, 500)).surprise).toHaveLength(500)
  })

  test('pairs that precedence had no room for are not held against a session', () => {
    const model = createPrecedenceModel(2000)
    const row = Int32Array.from({ length: 2000 }, (_, i) => i)
    model.add(row, 5)
    const calm = model.surprises(row).reduce((a, b) => Math.max(a, b), 0)
    expect(calm).toBeLessThan(Math.log(12))
  })
})

describe('an event type that training never saw', () => {
  const seen = [1, 2, 3, 5, 4, 6, 7]
  const withNew = [1, 2, 3, 5, 99, 4, 6, 7]

  test('alarms by itself while new types are rare', () => {
    const detector = fit(makeSessions(2000, 1))
    expect(detector.parts.noveltyRate).toBeLessThan(0.005)
    expect(detector.score(seen).anomalous).toBe(false)
    expect(detector.score(withNew).anomalous).toBe(true)
  })

  test('alarms even where some normal sessions bring one, up to half a percent', () => {
    const some = makeSessions(2000, 1).map((s, i) => (i % 400 === 0 ? [...s, 1000 + i] : s))
    const detector = fit(some)
    expect(detector.parts.noveltyRate).toBeGreaterThan(0.002)
    const verdict = detector.score([...seen, 99])
    expect(verdict.anomalous).toBe(true)
    expect(verdict.score).toBeGreaterThanOrEqual(detector.threshold)
    expect(verdict.pValue).toBeLessThan(0.0015)
    expect(detector.warnings.find(w => w.code === 'new types common')?.message).toContain('beyond')
  })

  test('does not where many do', () => {
    const many = makeSessions(2000, 1).map((s, i) => (i % 50 === 0 ? [...s, 1000 + i] : s))
    expect(fit(many).score([...seen, 99]).anomalous).toBe(false)
  })

  test.each([
    [0.005, 0.0001, true],
    [0.006, 0.0001, false],
    [0.05, 0.01, true],
    [0.051, 0.01, false],
  ])('rate %p at budget %p: %p', (rate, budget, alarms) => {
    expect(noveltyAlarms(rate, budget)).toBe(alarms)
  })
})

test.each([1e-9, 0.5, 0.999])('a budget of %p comes back from JSON with equal scores', budget => {
  const detector = fit(makeSessions(300, 1), budget)
  const again = parseDetector(JSON.parse(JSON.stringify(serializeDetector(detector))))
  for (const session of [[1, 2, 3], [99], [], ...makeSessions(20, 2)]) {
    expect(again.score(session)).toEqual(detector.score(session))
  }
})
