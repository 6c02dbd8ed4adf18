import { describe, expect, test } from 'bun:test'
import { boundedRows } from '../../src/core/train/bounded-rows.ts'
import { furtherSplits, networksNeeded } from '../../src/core/train/folds.ts'
import { splitSessions } from '../../src/core/train/split.ts'

const weights = [10, ...new Array<number>(50).fill(1), 3]
const set = { sequences: weights.map((_, i) => [i]), weights }

describe('the number of networks', () => {
  test('is one where the held-out part holds the threshold by itself', () => {
    expect(networksNeeded({ sessions: 100_000, heldOut: 0.2, budget: 0.001 }, 4)).toBe(1)
    expect(networksNeeded({ sessions: 5000, heldOut: 0.2, budget: 0.01 }, 4)).toBe(1)
  })

  test('grows as budget and sessions shrink, within what is allowed and can be held out', () => {
    expect(networksNeeded({ sessions: 12_500, heldOut: 0.2, budget: 0.001 }, 4)).toBe(2)
    expect(networksNeeded({ sessions: 5000, heldOut: 0.2, budget: 0.001 }, 4)).toBe(4)
    expect(networksNeeded({ sessions: 5000, heldOut: 0.2, budget: 0.001 }, 9)).toBe(5)
    expect(networksNeeded({ sessions: 5000, heldOut: 0.5, budget: 0.0001 }, 9)).toBe(2)
  })

  test('is one where nothing is held out', () => {
    expect(networksNeeded({ sessions: 10, heldOut: 0, budget: 0.001 }, 4)).toBe(1)
  })
})

describe('further splits', () => {
  test('hold out every single sequence once at most, and learn from all others', () => {
    const first = splitSessions(set, 0.2, 1)
    const further = furtherSplits(set, first, 4, 1)
    const apart = [first, ...further].flatMap(({ heldOut }) => heldOut)
    expect(apart).toHaveLength(50)
    expect(new Set(apart).size).toBe(50)
    for (const { training, heldOut } of further) {
      expect([...training, ...heldOut].sort((a, b) => a - b)).toEqual(weights.map((_, i) => i))
    }
  })

  test('are as many as there are sequences for', () => {
    expect(furtherSplits(set, splitSessions(set, 0.5, 1), 3, 1)).toHaveLength(1)
  })
})

describe('bounded rows', () => {
  test('stand for all sessions, whatever the bound', () => {
    const rows = weights.map((_, i) => i)
    for (const most of [1, 21, 1000]) {
      const kept = boundedRows(set, rows, most, 1)
      expect(kept.length).toBe(Math.max(1, Math.min(52, Math.floor(most / 2))))
      expect(kept.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(63)
    }
  })

  test('are all rows with their own weights where they fit', () => {
    const rows = boundedRows(set, [0, 5, 51], 1000, 1)
    expect(rows).toEqual([
      { row: 0, weight: 10 },
      { row: 5, weight: 1 },
      { row: 51, weight: 3 },
    ])
  })
})
