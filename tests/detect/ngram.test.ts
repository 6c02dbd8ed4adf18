import { expect, test } from 'bun:test'
import { createNgramModel } from '../../src/core/detect/ngram.ts'

const learn = (rows: number[][]) => {
  const model = createNgramModel(6)
  for (const row of rows) model.add(Int32Array.from(row), 1)
  return model
}
const excess = (model: ReturnType<typeof learn>, row: number[]) =>
  model.listen(Int32Array.from(row)).excess

/** After 0 comes any of 1 to 4; after 5 always 5. */
const rows = Array.from({ length: 400 }, (_, i) => [0, 1 + (i % 4), 0, 1 + ((i >> 2) % 4), 5, 5])

test('a choice among many is typical, another event where one is certain is not', () => {
  const model = learn(rows)
  expect(Math.abs(excess(model, [0, 3, 0, 2, 5, 5]))).toBeLessThan(1)
  expect(excess(model, [0, 3, 0, 2, 5, 1])).toBeGreaterThan(3)
})

test('the mean surprise of a free choice is no excess', () => {
  const model = learn(rows)
  const { surprises } = model.listen(Int32Array.of(0, 3, 0, 2, 5, 5))
  expect(surprises[1]!).toBeGreaterThan(1)
  expect(surprises).toEqual(model.surprises(Int32Array.of(0, 3, 0, 2, 5, 5)))
})

test('a session taken away and put back leaves the very same model', () => {
  const model = learn(rows)
  const before = excess(model, [0, 3, 0, 2, 5, 1])
  for (const row of rows) {
    model.add(Int32Array.from(row), -1)
    model.add(Int32Array.from(row), 1)
  }
  expect(excess(model, [0, 3, 0, 2, 5, 1])).toBe(before)
})

test('entropy says how open a place is, and follows what is learned', () => {
  const model = learn(rows)
  const row = Int32Array.of(0, 3, 0, 2, 5, 5)
  const byHand = (position: number): number =>
    model.next(row, position).reduce((sum, p) => sum + p * Math.log(1 / p), 0)
  for (let at = 0; at <= row.length; at++) {
    expect(model.entropy(row, at)).toBeCloseTo(byHand(at), 10)
    expect(model.entropy(row, at)).toBe(model.entropy(row, at))
  }
  // One of four, or all but certain.
  expect(model.entropy(row, 1)).toBeGreaterThan(1.2)
  expect(model.entropy(row, 5)).toBeLessThan(0.2)
  const before = model.entropy(row, 5)
  for (let i = 0; i < 25; i++) model.add(Int32Array.of(0, 3, 0, 2, 5, 3), 1)
  expect(model.entropy(row, 5)).toBeGreaterThan(before + 0.3)
  expect(model.entropy(row, 5)).toBeCloseTo(byHand(5), 10)
})
