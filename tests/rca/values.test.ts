import { expect, test } from 'bun:test'
import { analyse, learnRca } from '../../src/core/rca/rca.ts'
import type { RcaEvent } from '../../src/core/rca/types.ts'

const PODS = 3

/** Lines that three instances write by themselves, each with one number. */
const readings = (from: number, to: number, number: (n: number, pod: number) => number) => {
  const events: RcaEvent[] = []
  for (let n = from; n < to; n++) {
    for (let pod = 0; pod < PODS; pod++) {
      events.push({
        ...{ at: n * 1000 + pod * 7, service: 'stock', instance: `stock-${pod}`, level: 'info' },
        ...{ template: 'report <*> done', text: 'report done', params: [`${number(n, pod)}`] },
        id: `${n}.${pod}`,
      })
    }
  }
  return events
}

const later = (number: (n: number, pod: number) => number) =>
  analyse(learnRca(readings(0, 300, number)), readings(3000, 3100, number), {
    start: 3_020_000,
  })

test('a number that only goes up is no news by being larger, though its writers began it anew', () => {
  // Each instance began at another time, and all of them once more.
  const count = (n: number, pod: number): number => (n < 150 ? 40 * pod + n : n - 150 + pod)
  expect(later(count)).toMatchObject({ found: false, suspects: [] })
})

test('a gauge that rose in normal time, too, is news when it is far higher', () => {
  const gauge = (n: number): number => 100 + Math.round(n / 10) + 5 * (n % 2)
  expect(later(gauge).suspects[0]!.why).toMatch(/value 1 of .* is 4\d\d /)
})

test('a model that says nothing of running numbers is read, and has none', () => {
  const count = (n: number): number => 100 + n
  const model = learnRca(readings(0, 300, count))
  const values = model.values.map(([type, rows]) => [type, rows.map(row => row.slice(0, 5))])
  expect(values).not.toEqual(model.values)
  const old = { ...model, values } as typeof model
  const now = readings(3000, 3100, count)
  expect(analyse(model, now, { start: 3_020_000 }).found).toBe(false)
  expect(analyse(old, now, { start: 3_020_000 }).suspects[0]!.why).toContain('value 1 of')
})
