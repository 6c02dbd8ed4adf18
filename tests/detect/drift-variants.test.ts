import { describe, expect, test } from 'bun:test'
import { createDrift } from '../../src/core/detect/drift.ts'
import { createOrdinary } from '../../src/core/detect/ordinary.ts'

const normal = [1, 2, 3]
const fresh = [1, 2, 9, 3]

describe('a regime that must last', () => {
  const told = (stretches: number, bursts: number) => {
    const drift = createDrift({ stretches })
    let notices = 0
    for (let burst = 0; burst < bursts; burst++) {
      for (let i = 0; i < 25; i++) if (drift.see(fresh, true).notice) notices += 1
      for (let i = 0; i < 300; i++) drift.see(normal, false)
    }
    return notices
  }

  test('is none after one burst, and one after three', () => {
    expect(told(1, 1)).toBe(1)
    expect(told(3, 2)).toBe(0)
    expect(told(3, 3)).toBe(1)
  })

  test('is one at once where it makes up half of the sessions', () => {
    const drift = createDrift({ stretches: 3 })
    const steps = Array.from({ length: 150 }, () => drift.see(fresh, true))
    expect(steps.findIndex(step => step.notice)).toBe(99)
  })

  test('goes on counting from its snapshot', () => {
    const drift = createDrift({ stretches: 2 })
    for (let i = 0; i < 25; i++) drift.see(fresh, true)
    for (let i = 0; i < 300; i++) drift.see(normal, false)
    const again = createDrift({ stretches: 2 }, JSON.parse(JSON.stringify(drift.snapshot())))
    const steps = Array.from({ length: 25 }, () => again.see(fresh, true))
    expect(steps.some(step => step.notice)).toBe(true)
  })
})

test('variants of a regime belong to it, other oddities do not', () => {
  const near = (one: readonly number[], other: readonly number[]) =>
    one.includes(9) && other.includes(9)
  const drift = createDrift({ near })
  for (let i = 0; i < 20; i++) drift.see(fresh, true)
  expect(drift.see([1, 2, 9, 3, 3, 3], true).withheld).toBe(true)
  expect(drift.see([1, 2, 3, 3, 3], true).withheld).toBe(false)
})

describe('what differs between normal sessions', () => {
  const ordinary = createOrdinary(
    [
      [1, 2],
      [1, 2, 5],
      [1, 2, 2, 2, 2, 2, 2],
    ],
    [60, 39, 1],
  )

  test('is no difference: an optional step', () => {
    expect(ordinary([1, 2, 7], [1, 2, 5, 7])).toBe(true)
  })

  test('is one: a missing step, a rare count, an event that only one has', () => {
    expect(ordinary([1, 2], [2])).toBe(false)
    expect(ordinary([1, 2], [1, 2, 2, 2, 2, 2, 2])).toBe(false)
    expect(ordinary([1, 2], [1, 2, 7])).toBe(false)
  })
})
