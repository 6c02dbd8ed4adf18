import { describe, expect, test } from 'bun:test'
import { fnv1a128 } from '../../src/core/fnv.ts'
import { createGrouper } from '../../src/core/incident/grouper.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import {
  anomaly,
  falseAlarms,
  groupAll,
  HOUR,
  MINUTE,
  news,
  outage,
  SECOND,
  START,
} from './made.ts'

describe('one outage', () => {
  test('of ten thousand anomalies in many services is one incident and a handful of news', () => {
    for (const seed of [1, 2, 3]) {
      const outcome = groupAll(outage(10_000, seed))
      expect(outcome.incidents.length).toBe(1)
      expect(news(outcome)[0]).toBe('opened')
      expect(news(outcome).length).toBeLessThanOrEqual(10)
      expect(outcome.incidents[0]).toMatchObject({ severity: 'high', anomalies: 10_000 })
    }
  })

  test('keeps its first and worst anomaly, its time and its sources', () => {
    const worst = anomaly(START + 5 * SECOND, 'db-1', { odd: ['disk full', 'x'], score: 30 })
    const late = anomaly(START - SECOND, 'db-1', { odd: ['disk slow', 'disk full'] })
    const { incidents } = groupAll([anomaly(START, 'db-1', { odd: ['disk full'] }), worst, late])
    expect(incidents).toMatchObject([
      {
        ...{ firstSeen: START - SECOND, lastSeen: START + 5 * SECOND, anomalies: 3 },
        first: { anomaly: late.id, text: 'disk slow' },
        worst: { anomaly: worst.id, score: 30, source: 'db-1' },
        sources: [{ source: 'db-1', anomalies: 3 }],
        templates: [{ template: 'disk full', anomalies: 3 }, {}, {}],
        kinds: { sequence: 3 },
      },
    ])
  })

  test('is named after its first anomaly, so that a replay gives the same id', () => {
    const first = anomaly(START, 'db')
    expect(groupAll([first]).of).toEqual([fnv1a128(first.id)])
  })

  test('goes on for hours with ever new templates, where it broke a quiet that was known', () => {
    const random = createRandom(5)
    const quiet = anomaly(START, 'other')
    const long = Array.from({ length: 3000 }, (_, i) => {
      const at = START + 3 * HOUR + i * 4 * SECOND
      return anomaly(at, 'db', { odd: [`error ${random.text(8, 'abcdef')}`] })
    })
    expect(groupAll([quiet, ...long]).incidents.map(each => each.anomalies)).toEqual([1, 3000])
  })
})

describe('what belongs together', () => {
  const gap = 20 * SECOND
  const pairs: [string, ReturnType<typeof anomaly>, ReturnType<typeof anomaly>, boolean][] = [
    [
      'the same template in unrelated sources',
      anomaly(START, 'cart', { odd: ['pool exhausted'] }),
      anomaly(START + gap, 'mail', { odd: ['pool exhausted'] }),
      true,
    ],
    [
      'a template that is missing here and out of place there',
      anomaly(START, 'cart', { odd: ['a'], missing: ['commit'] }),
      anomaly(START + gap, 'mail', { odd: ['commit'] }),
      true,
    ],
    [
      'the same source, other templates',
      anomaly(START, 'cart', { odd: ['a'] }),
      anomaly(START + gap, 'cart', { odd: ['b'] }),
      true,
    ],
    [
      'unrelated sources and templates at the same time',
      anomaly(START, 'cart', { odd: ['a'] }),
      anomaly(START, 'mail', { odd: ['b'] }),
      false,
    ],
    [
      'one request, whose id is the key here and stands in a line there',
      anomaly(START, 'cart', { odd: ['a'], session: 'txn_70112932' }),
      anomaly(START + gap, 'mail', { odd: ['b'], text: 'cannot send for txn_70112932' }),
      true,
    ],
    [
      'keys that are short numbers, in different sources',
      anomaly(START, 'cart', { odd: ['a'], session: '4711' }),
      anomaly(START + gap, 'mail', { odd: ['b'], session: '4711' }),
      false,
    ],
    [
      'lines that share an address, a date and a size',
      anomaly(START, 'cart', { odd: ['a'], text: '2026-01-05T08 10.11.12.13:5432 1073741824' }),
      anomaly(START, 'mail', { odd: ['b'], text: '2026-01-05T08 10.11.12.13:5432 1073741824' }),
      false,
    ],
    [
      'a caller whose request came through the source of the trouble',
      anomaly(START, 'db', { odd: ['a'] }),
      anomaly(START + gap, 'cart', { odd: ['b'], via: ['gateway', 'db'] }),
      true,
    ],
    [
      'a source that odd requests came through',
      anomaly(START, 'cart', { odd: ['a'], via: ['db'] }),
      anomaly(START + gap, 'db', { odd: ['b'] }),
      true,
    ],
    [
      'the way of requests, a minute later',
      anomaly(START, 'cart', { odd: ['a'], via: ['db'] }),
      anomaly(START + MINUTE, 'db', { odd: ['b'] }),
      false,
    ],
    [
      'requests that only have their way in common, where nothing is odd',
      anomaly(START, 'cart', { odd: ['a'], via: ['gateway'] }),
      anomaly(START, 'mail', { odd: ['b'], via: ['gateway'] }),
      false,
    ],
    [
      'replicas by their names',
      anomaly(START, 'cart-7d9f8b6c5d-xk2lp', { odd: ['a'] }),
      anomaly(START + gap, 'cart-7d9f8b6c5d-9q4zz', { odd: ['b'] }),
      true,
    ],
    [
      'replicas by what they write',
      { ...anomaly(START, 'blue', { odd: ['a'] }), lines: spoken('blue', ['a'], ['w1', 'w2']) },
      { ...anomaly(START, 'red', { odd: ['b'] }), lines: spoken('red', ['b'], ['w1', 'w2']) },
      true,
    ],
    [
      'machines whose names are only numbers',
      anomaly(START, '10.0.0.1', { odd: ['a'] }),
      anomaly(START, '10.0.0.2', { odd: ['b'] }),
      false,
    ],
  ]
  for (const [what, a, b, together] of pairs) {
    test(`${what}: ${together ? 'one incident' : 'two'}`, () => {
      expect(groupAll([a, b]).incidents.length).toBe(together ? 1 : 2)
    })
  }

  test('two independent troubles at the same time are two incidents', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = createRandom(seed)
      const all = Array.from({ length: 400 }, (_, i) => {
        const source = random.pick(['payment', 'search'])
        const odd = [`${source} ${random.int(1, 5)}`, `${source} ${random.int(6, 9)}`]
        return anomaly(START + i * 300, source, { odd, via: [`${source} entry`] })
      })
      const outcome = groupAll(all)
      expect(outcome.incidents.map(each => each.sources.length)).toEqual([1, 1])
      expect(news(outcome).length).toBeLessThanOrEqual(8)
    }
  })
})

const spoken = (source: string, odd: string[], usual: string[]) =>
  anomaly(START, source, { odd: [...odd, ...usual] }).lines.map((line, i) => ({
    ...line,
    odd: i < odd.length,
  }))

describe('false alarms at the usual rate', () => {
  test('stay single: every few seconds over many sources, for a day', () => {
    const alarms = falseAlarms({ seed: 1, gap: 5 * SECOND, until: 24 * HOUR, sources: 50 })
    const { incidents } = groupAll(alarms)
    expect(incidents.length).toBeGreaterThan(0.8 * alarms.length)
    const longest = Math.max(...incidents.map(each => each.lastSeen - each.firstSeen))
    expect(longest).toBeLessThan(HOUR)
    const urgent = incidents.filter(({ severity }) => severity !== 'low')
    expect(urgent.length).toBeLessThan(0.005 * alarms.length)
  })

  test('of one source are together for the first hour at most, when nothing is known yet', () => {
    const alarms = falseAlarms({ seed: 2, gap: MINUTE, until: 48 * HOUR, sources: 1 })
    const { incidents } = groupAll(alarms)
    const [first, ...later] = incidents
    expect(first!.lastSeen - first!.firstSeen).toBeLessThanOrEqual(HOUR)
    expect(Math.max(...later.map(each => each.anomalies))).toBeLessThanOrEqual(6)
    expect(later.length).toBeGreaterThan(0.8 * (alarms.length - first!.anomalies))
  })

  test('do not swallow an outage, nor does it swallow them', () => {
    const before = falseAlarms({ seed: 3, gap: 20 * SECOND, until: 6 * HOUR, sources: 20 })
    const trouble = outage(500, 3, START + 5 * HOUR)
    const all = [...before, ...trouble].sort((a, b) => a.at - b.at)
    const outcome = groupAll(all)
    const ids = new Set(trouble.map(({ id }) => id))
    const holding = new Set(outcome.of.filter((_, i) => ids.has(all[i]!.id)))
    expect(holding.size).toBe(1)
    const incident = outcome.incidents.find(({ id }) => holding.has(id))!
    expect(incident.anomalies).toBeLessThan(1.02 * trouble.length)
  })

  test('hours apart in one source are incidents of their own', () => {
    const hourly = Array.from({ length: 12 }, (_, i) =>
      anomaly(START + 2 * i * HOUR, 'cart', { odd: [`oddity ${i}`] }),
    )
    expect(groupAll(hourly).incidents.length).toBe(12)
  })
})

describe('bounds', () => {
  test('an incident stays small however much it holds, and still counts its sources', () => {
    const random = createRandom(4)
    const wide = Array.from({ length: 6000 }, (_, i) =>
      anomaly(START + i * 10, `pod${i % 2000}`, {
        odd: ['node lost', `word ${random.text(9, 'abcdef')}`],
        via: [`host${i % 500}`],
      }),
    )
    const { incidents } = groupAll(wide)
    expect(incidents.length).toBe(1)
    const { sources, moreSources, templates, sessions } = incidents[0]!
    expect([sources.length, templates.length, sessions.length]).toEqual([30, 30, 30])
    expect(templates[0]).toMatchObject({ template: 'node lost', anomalies: 6000 })
    expect((sources.length + moreSources) / 2000).toBeCloseTo(1, 0)
    expect(JSON.stringify(incidents[0]).length).toBeLessThan(20_000)
  })

  test('so many incidents may grow, the one not touched for longest is let go', () => {
    const grouper = createGrouper({ most: 100 })
    const add = (i: number) => grouper.add(anomaly(START, `name${'x'.repeat(i)}`), START)
    const ids = Array.from({ length: 150 }, (_, i) => add(i).incident.id)
    expect(grouper.size).toBe(100)
    expect(add(149)).toMatchObject({ change: 'grew', incident: { id: ids[149] } })
    expect(add(0).change).toBe('opened')
  })

  test('what cannot come back is forgotten', () => {
    const grouper = createGrouper()
    grouper.add(anomaly(START, 'cart'), START)
    grouper.add(anomaly(START + 20 * HOUR, 'mail'), START + 20 * HOUR)
    expect(grouper.forget(START + 23 * HOUR)).toBe(0)
    expect(grouper.forget(START + 25 * HOUR)).toBe(1)
    expect(grouper.size).toBe(1)
  })

  test('anomalies of another century or without time do not disturb the others', () => {
    const grouper = createGrouper()
    const add = (at: number, word: string) =>
      grouper.add(anomaly(at, 'cart', { odd: [word] }), START + HOUR).incident
    const future = Array.from({ length: 40 }, (_, i) => add(Date.UTC(2100 + i, 0, 1), `f${i}`))
    const past = add(0, 'past')
    const usual = Array.from({ length: 50 }, (_, i) => add(START + i * SECOND, `usual ${i}`))
    expect(new Set(future.map(({ id }) => id)).size).toBe(1)
    expect(future[0]!.lastSeen).toBe(START + 25 * HOUR)
    expect(past.anomalies).toBe(1)
    expect(usual[0]!.anomalies).toBe(50)
  })
})
