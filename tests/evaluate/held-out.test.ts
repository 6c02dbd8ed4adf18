import { expect, test } from 'bun:test'
import { compareHeldOut, figuresOf, judgeHeldOut } from '../../src/core/evaluate/held-out.ts'
import type { OpenModel, SessionVerdict } from '../../src/core/pipeline/engine.ts'

const session = (n: number, anomalous: boolean, lines = [10 * n, 10 * n + 9]): SessionVerdict => ({
  session: `s${n}`,
  source: 'web',
  score: anomalous ? 9 : 1,
  pValue: Math.exp(anomalous ? -9 : -1),
  anomalous,
  voices: [],
  lines,
})
const verdicts = (count: number, odd: (n: number) => boolean): SessionVerdict[] =>
  Array.from({ length: count }, (_, n) => session(n, odd(n)))

test('figures are the share of alarms, and mean and median of −ln p', () => {
  const figures = figuresOf(verdicts(4, n => n === 0))
  expect(figures).toMatchObject({ sessions: 4, alarmed: 1, share: 0.25, median: 1 })
  expect(figures.mean).toBeCloseTo(3, 12)
  expect(figuresOf([])).toEqual({ sessions: 0, alarmed: 0, share: 0, mean: 0, median: 0 })
})

test('a candidate that alarms on more of the same sessions than chance explains is worse', () => {
  const latest = { version: 'v1', verdicts: verdicts(300, n => n < 3) }
  const bad = compareHeldOut(
    verdicts(300, n => n < 20),
    latest,
  )
  expect(bad).toMatchObject({
    worse: true,
    test: { name: 'McNemar', onlyCandidate: 17, onlyLatest: 0, level: 0.01 },
  })
  expect(bad.why).toContain('6.67 % (20 of 300), latest (v1) on 1.00 % (3 of 300)')
  expect(bad.why).toContain('worse by more than chance')
  const luck = compareHeldOut(
    verdicts(300, n => n < 8),
    latest,
  )
  expect(luck).toMatchObject({ worse: false })
  expect(luck.why).toContain('no worse than chance explains')
})

test('a better candidate is not worse, however sure the difference is', () => {
  const latest = { version: 'v1', verdicts: verdicts(300, n => n < 100) }
  const better = compareHeldOut(
    verdicts(300, () => false),
    latest,
  )
  expect(better.worse).toBe(false)
  expect(better.test!.p).toBeLessThan(1e-9)
})

test('models that cut the lines into other sessions are compared share by share', () => {
  const other = verdicts(300, n => n < 3).map(v => ({ ...v, session: `w${v.session}` }))
  const compared = compareHeldOut(
    verdicts(300, n => n < 20),
    { version: 'v1', verdicts: other },
  )
  expect(compared).toMatchObject({ worse: true, test: { name: 'Fisher' } })
})

test('few sessions are no evidence, and that is said', () => {
  const compared = compareHeldOut(
    verdicts(19, () => true),
    { version: 'v1', verdicts: verdicts(19, () => false) },
  )
  expect(compared.worse).toBe(false)
  expect(compared.why).toContain('only 19 sessions')
})

test('sessions that began before the stretch are left out', async () => {
  const crossing = session(9, true, [95, 101])
  const model = {
    model: { name: 'm', version: 'v' },
    feed: async () => ({ verdicts: [crossing, session(10, false)], anomalies: [] }),
    flush: async () => ({ verdicts: [session(11, true)], anomalies: [] }),
  } as unknown as OpenModel
  const open = () => ({
    format: 'lines' as const,
    async *open() {
      yield []
    },
  })
  const judged = await judgeHeldOut(model, { open, from: 100 })
  expect(judged.map(verdict => verdict.session)).toEqual(['s10', 's11'])
})
