import { expect, test } from 'bun:test'
import { createCountView } from '../../src/core/logbert/count-view.ts'
import { createParts } from '../../src/core/logbert/score.ts'

const bagOf = (...tokens: number[]) => ({ tokens, extra: tokens.map(() => 0), novelty: 0 })
const sessionOf = (...tokens: number[]) => {
  const bag = bagOf(...tokens)
  return { bag, parts: createParts(3, bag) }
}
const lexicon = { countHead: 9 }

test('sessions that share a bag share one row, in one round and in later ones', () => {
  const view = createCountView(lexicon, 10)
  const sessions = [sessionOf(10, 11), sessionOf(12), sessionOf(10, 11)]
  const { rows, answer } = view.ask(sessions)
  expect(rows.map(({ tokens }) => tokens)).toEqual([
    [9, 10, 11],
    [9, 12],
  ])
  // The places after those of a bag are padding of its batch
  rows[0]!.take(Float32Array.of(1, 2, 4, 100), 0)
  rows[1]!.take(Float32Array.of(0.5, 0.25, 100, 100), 0)
  answer()
  expect(sessions.map(({ parts }) => parts.count)).toEqual([7, 0.75, 7])
  const later = [sessionOf(12), sessionOf(10)]
  const again = view.ask(later)
  expect(again.rows.map(({ tokens }) => tokens)).toEqual([[9, 10]])
  again.rows[0]!.take(Float32Array.of(1, 1), 0)
  again.answer()
  expect(later.map(({ parts }) => parts.count)).toEqual([0.75, 2])
})
