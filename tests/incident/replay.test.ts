import { describe, expect, test } from 'bun:test'
import { createGrouper } from '../../src/core/incident/grouper.ts'
import type { Incident } from '../../src/core/incident/incident.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import type { Anomaly } from '../../src/core/types.ts'
import {
  anomaly,
  falseAlarms,
  groupAll,
  HOUR,
  jitter,
  MINUTE,
  outage,
  partition,
  SECOND,
  START,
} from './made.ts'

const byTime = (a: Anomaly, b: Anomaly): number => a.at - b.at

/** A day with false alarms, two outages, and a trouble of its own beside the second one. */
const day = (seed: number): Anomaly[] => {
  const random = createRandom(seed)
  const beside = Array.from({ length: 150 }, (_, i) =>
    anomaly(START + 9 * HOUR + i * 250, 'billing', {
      odd: [`invoice ${random.int(1, 3)} rejected`],
      via: ['ledger'],
    }),
  )
  return [
    ...falseAlarms({ seed, gap: 40 * SECOND, until: 12 * HOUR, sources: 15 }),
    ...outage(150, seed, START + 3 * HOUR),
    ...outage(200, seed + 1, START + 9 * HOUR),
    ...beside,
  ].sort(byTime)
}

const stored = (incidents: Iterable<Incident>): Incident[] =>
  JSON.parse(JSON.stringify([...incidents]))

describe('a restart', () => {
  test('at any place, with the incidents of the database, gives the same incidents', () => {
    for (const seed of [1, 2, 3]) {
      const random = createRandom(seed)
      const all = day(seed)
      const whole = groupAll(all)
      for (let k = 0; k < 6; k++) {
        const cut = random.int(1, all.length - 1)
        const before = groupAll(all.slice(0, cut))
        const after = groupAll(all.slice(cut), {}, stored(before.incidents))
        const last = new Map([...before.incidents, ...after.incidents].map(each => [each.id, each]))
        expect([...before.of, ...after.of]).toEqual(whole.of)
        expect([...before.changes, ...after.changes]).toEqual(whole.changes)
        expect(stored(last.values())).toEqual(stored(whole.incidents))
      }
    }
  })

  test('after every single anomaly changes nothing', () => {
    const all = day(4).slice(200, 500)
    const database = new Map<string, Incident>()
    const of = all.map(each => {
      const grouper = createGrouper({}, stored(database.values()))
      const { incident } = grouper.add(each, each.at)
      database.set(incident.id, structuredClone(incident))
      return incident.id
    })
    const whole = groupAll(all)
    expect(of).toEqual(whole.of)
    expect(stored(database.values())).toEqual(stored(whole.incidents))
  })

  test('leaves the incidents that it was given as they are', () => {
    const given = stored(groupAll([anomaly(START, 'cart')]).incidents)
    const copy = structuredClone(given)
    groupAll([anomaly(START + 1, 'cart')], {}, given)
    expect(given).toEqual(copy)
  })

  test('goes on with incidents that hold nothing for grouping', () => {
    const [bare] = stored(groupAll([anomaly(START, 'cart', { odd: ['pool exhausted'] })]).incidents)
    delete bare!.memory
    for (const part of [...bare!.sources, ...bare!.templates]) delete part.lastSeen
    const again = anomaly(START + MINUTE, 'cart', { odd: ['pool exhausted'] })
    const { incidents } = groupAll([again], {}, [bare!])
    expect(incidents).toMatchObject([{ id: bare!.id, anomalies: 2, lastSeen: again.at }])
  })
})

describe('order of arrival', () => {
  test('off by some seconds gives the same incidents: outages and troubles stay whole', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const all = day(seed).filter(({ source }) => !source.startsWith('app'))
      const expected = partition(all, groupAll(all))
      for (let k = 0; k < 3; k++) {
        const late = jitter(all, 5 * SECOND, createRandom(10 * seed + k))
        expect(partition(late, groupAll(late))).toEqual(expected)
      }
    }
  })

  test('moves no more than a few of the false alarms between', () => {
    for (const seed of [1, 2, 3]) {
      const all = day(seed)
      const same = new Set(partition(all, groupAll(all)).map(list => list.join()))
      const late = jitter(all, 5 * SECOND, createRandom(seed))
      const found = partition(late, groupAll(late))
      const moved = found.filter(list => !same.has(list.join())).length
      expect(moved).toBeLessThan(0.05 * found.length)
    }
  })

  test('the same order gives the same records, real time aside', () => {
    const all = day(7)
    expect(groupAll(all)).toEqual(groupAll(all))
  })
})
