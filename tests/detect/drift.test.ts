import { describe, expect, test } from 'bun:test'
import { countPattern } from '../../src/core/detect/count-pattern.ts'
import { createDrift, type Drift, type DriftStep } from '../../src/core/detect/drift.ts'

const normal = [1, 2, 3]
const fresh = [1, 2, 9, 3]

/** `count` alarms of one sequence, each after `apart − 1` sessions without alarm. */
const feed = (
  drift: Drift,
  count: number,
  { apart = 1, sequence = fresh, name = 'k' } = {},
): DriftStep[] =>
  Array.from({ length: count }, (_, i) => {
    for (let k = 1; k < apart; k++) drift.see(normal, false)
    return drift.see(sequence, true, `${name}${i}`)
  })

const notices = (steps: readonly DriftStep[]) => steps.flatMap(step => step.notice ?? [])

describe('a pattern that makes up 20 of the last 200 sessions', () => {
  test('gives one notice, and its later alarms are not raised', () => {
    const steps = feed(createDrift(), 100, { apart: 9 })
    expect(notices(steps)).toHaveLength(1)
    expect(steps.findIndex(step => step.notice)).toBe(19)
    expect(steps[19]!.notice).toMatchObject({ alarms: 20, withheld: 0 })
    expect(steps[19]!.notice!.keys).toEqual(Array.from({ length: 20 }, (_, i) => `k${i}`))
    expect(steps.map(step => step.withheld)).toEqual(steps.map((_, i) => i >= 20))
  })

  test('is no regime where it comes more rarely', () => {
    const steps = feed(createDrift(), 100, { apart: 11 })
    expect(notices(steps)).toEqual([])
    expect(steps.some(step => step.withheld)).toBe(false)
  })

  test('counts alarms alone: what does not alarm is never a regime', () => {
    const drift = createDrift()
    for (let i = 0; i < 500; i++) expect(drift.see(normal, false).notice).toBeUndefined()
    expect(drift.see(normal, true).withheld).toBe(false)
  })

  test('hides no other pattern', () => {
    const drift = createDrift()
    feed(drift, 50)
    expect(drift.see([1, 2, 8, 3], true).withheld).toBe(false)
    expect(drift.see([1, 2, 9, 9, 9, 9, 9, 3], true).withheld).toBe(false)
  })
})

describe('an outage in which everything fails alike', () => {
  test('keeps the alarms with which it began', () => {
    const steps = feed(createDrift(), 60)
    expect(steps.slice(0, 20).every(step => !step.withheld)).toBe(true)
    expect(steps.flatMap(step => step.withdrawn)).toEqual([])
  })

  test('is told again at ten and a hundred times as many', () => {
    const told = notices(feed(createDrift(), 2500)).map(notice => notice.alarms)
    expect(told).toEqual([20, 200, 2000])
  })

  test('alarms anew when it returns', () => {
    const drift = createDrift({ forget: 300 })
    feed(drift, 50)
    for (let i = 0; i < 299; i++) drift.see(normal, false)
    expect(drift.see(fresh, true).withheld).toBe(true)
    for (let i = 0; i < 301; i++) drift.see(normal, false)
    expect(drift.see(fresh, true).withheld).toBe(false)
  })
})

describe('on a stored log', () => {
  test('alarms from before the recognition are withdrawn, however early they came', () => {
    const drift = createDrift({ before: 'withdraw' })
    const early = feed(drift, 5, { apart: 50, name: 'early' })
    for (let i = 0; i < 200; i++) drift.see(normal, false)
    const steps = feed(drift, 30)
    expect(early.some(step => step.withheld)).toBe(false)
    const step = steps.find(s => s.notice)!
    expect(step.withheld).toBe(true)
    expect(step.withdrawn).toHaveLength(24)
    expect(step.withdrawn).toContain('early0')
    expect(step.notice).toMatchObject({ alarms: 25, withheld: 25 })
  })
})

describe('the state', () => {
  test('goes on from its snapshot as if nothing had happened', () => {
    const [one, two] = [createDrift(), createDrift()]
    feed(one, 15, { apart: 3 })
    feed(two, 15, { apart: 3 })
    const again = createDrift({}, JSON.parse(JSON.stringify(two.snapshot())))
    expect(feed(again, 250)).toEqual(feed(one, 250))
  })

  test('stays small on a stream of ever new alarms', () => {
    const drift = createDrift({ before: 'withdraw' })
    for (let i = 0; i < 12_000; i++) drift.see([i], true)
    expect(drift.snapshot().recent.length).toBeLessThanOrEqual(5000)
  })

  test.each([
    ['another version', { kind: 'drift/0', seen: 0, recent: [], regimes: {} }],
    ['a count below zero', { kind: 'drift/1', seen: -1, recent: [], regimes: {} }],
    ['no list', { kind: 'drift/1', seen: 1, recent: {}, regimes: {} }],
    ['a regime without figures', { kind: 'drift/1', seen: 1, recent: [], regimes: { a: {} } }],
    ['nothing', null],
  ])('is refused with %s', (_, snapshot) => {
    expect(() => createDrift({}, snapshot)).toThrow('cannot read the state of drift')
  })
})

test.each([{ sessions: 1 }, { sessions: 300 }, { forget: 100 }, { window: Number.NaN }])(
  'settings %p are refused',
  options => {
    expect(() => createDrift(options)).toThrow('regime')
  },
)

test('a count pattern forgets order and small differences of large counts', () => {
  expect(countPattern([3, 1, 3, 3])).toBe(countPattern([3, 3, 3, 3, 1]))
  expect(countPattern([1, 3])).not.toBe(countPattern([1, 3, 3]))
  expect(countPattern([])).toBe('')
})
