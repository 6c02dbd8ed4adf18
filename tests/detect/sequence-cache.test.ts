import { expect, test } from 'bun:test'
import { createSequenceCache } from '../../src/core/detect/sequence-cache.ts'

test('a sequence is computed once', () => {
  const cache = createSequenceCache<number>()
  let made = 0
  const value = () => cache.get([1, 2, 3], () => ++made)
  expect([value(), value()]).toEqual([1, 1])
  expect(cache.get([12, 3], () => ++made)).toBe(2)
})

test('what is remembered is bounded in number and in events', () => {
  const many = createSequenceCache<number>()
  for (let i = 0; i < 120_000; i++) many.get([i], () => i)
  expect(many.size).toBeLessThanOrEqual(50_000)
  const long = createSequenceCache<number>()
  for (let i = 0; i < 3000; i++) long.get(new Array(1500).fill(i), () => i)
  expect(long.size * 1500).toBeLessThanOrEqual(2_000_000)
  expect(long.get(new Array(5000).fill(1), () => 7)).toBe(7)
  expect(long.get(new Array(5000).fill(1), () => 8)).toBe(8)
})
