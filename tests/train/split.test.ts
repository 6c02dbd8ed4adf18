import { describe, expect, test } from 'bun:test'
import { splitSessions } from '../../src/core/train/split.ts'

const weights = [10, ...new Array<number>(50).fill(1), 3]
const set = { sequences: weights.map((_, i) => [i]), weights }

describe('the split', () => {
  test('holds out only sequences that a single session has', () => {
    const { training, heldOut } = splitSessions(set, 0.2, 1)
    expect(heldOut).toHaveLength(10)
    expect(heldOut.every(row => weights[row] === 1)).toBe(true)
    expect([...training, ...heldOut].sort((a, b) => a - b)).toEqual(weights.map((_, i) => i))
  })

  test('calibration stands for all sessions', () => {
    const { calibration } = splitSessions(set, 0.2, 1)
    expect(calibration.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(63)
    expect(calibration.find(({ row }) => row === 0)).toEqual({ row: 0, weight: 10 })
    expect(calibration.filter(({ weight }) => weight === 5)).toHaveLength(10)
  })

  test('is the same for a seed', () => {
    expect(splitSessions(set, 0.2, 4)).toEqual(splitSessions(set, 0.2, 4))
    expect(splitSessions(set, 0.2, 4).heldOut).not.toEqual(splitSessions(set, 0.2, 5).heldOut)
  })

  test('holds nothing out where that would say nothing', () => {
    const few = splitSessions({ sequences: [[1], [2]], weights: [1, 1] }, 0.2, 1)
    expect(few).toMatchObject({ training: [0, 1], heldOut: [] })
  })
})
