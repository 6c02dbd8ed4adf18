import { expect, test } from 'bun:test'
import { createVocab, END, FIRST_EVENT, restoreVocab, UNK } from '../../src/core/sequence/vocab.ts'

test('events get dense tokens after the special ones, whatever their order', () => {
  const vocab = createVocab([9, 2, 9, 40])
  expect(vocab.size).toBe(FIRST_EVENT + 3)
  expect(vocab.encode([2, 9, 40])).toEqual([5, 6, 7])
  expect(createVocab([40, 9, 2]).toJSON()).toEqual(vocab.toJSON())
})

test('unseen templates and unmatched lines become UNK and decode to nothing', () => {
  const vocab = createVocab([3, -1])
  expect(vocab.encode([3, 4, -1])).toEqual([FIRST_EVENT, UNK, UNK])
  expect(vocab.has(-1)).toBe(false)
  expect(vocab.decode([FIRST_EVENT, UNK, END, 99])).toEqual([3, undefined, undefined, undefined])
})

test('a vocabulary survives JSON', () => {
  const vocab = createVocab([7, 1, 5])
  const again = restoreVocab(JSON.parse(JSON.stringify(vocab)))
  expect(again.encode([1, 5, 7, 8])).toEqual(vocab.encode([1, 5, 7, 8]))
})

test('a vocabulary of another version or shape is refused with what to do', () => {
  expect(() => restoreVocab({ version: 2, events: [] })).toThrow('train again')
  expect(() => restoreVocab({ version: 1, events: [1, 1] })).toThrow('distinct')
  expect(() => restoreVocab({ version: 1 })).toThrow('events')
  expect(() => restoreVocab(null)).toThrow('version')
})
