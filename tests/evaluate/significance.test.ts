import { expect, test } from 'bun:test'
import { fisher, mcnemar } from '../../src/core/evaluate/significance.ts'

test("McNemar's exact test is the two-sided binomial", () => {
  expect(mcnemar(8, 0)).toBeCloseTo(2 / 2 ** 8, 12)
  expect(mcnemar(0, 8)).toBe(mcnemar(8, 0))
  // 2 · (1 + 20 + 190 + 1140 + 4845 + 15504) / 2²⁰
  expect(mcnemar(5, 15)).toBeCloseTo(0.041389, 6)
  expect(mcnemar(7, 7)).toBe(1)
  expect(mcnemar(0, 0)).toBe(1)
  expect(mcnemar(30_000, 31_000)).toBeLessThan(1e-4)
})

test("Fisher's exact test sums the tables that are no likelier", () => {
  // The lady tasting tea: 2 · (16 + 1) / 70
  expect(fisher([3, 1], [4, 4])).toBeCloseTo(34 / 70, 12)
  expect(fisher([1, 9], [12, 12])).toBeCloseTo(0.0027594, 6)
  expect(fisher([0, 0], [100, 50])).toBe(1)
  expect(fisher([10, 10], [1000, 1000])).toBe(1)
  expect(fisher([200, 20], [10_000, 10_000])).toBeLessThan(1e-30)
})
