import { expect, test } from 'bun:test'
import { createEventRowReader, looksLikeEvents } from '../../src/core/input/event-rows.ts'

const rows = (lines: string[]) => {
  const reader = createEventRowReader('f')
  return [...reader.read(lines), ...reader.end()].map(({ key, events }) =>
    [key, ...events].join('|'),
  )
}

test('lines are sessions, with an id before a comma or without', () => {
  expect(rows(['5 22 5', '', ' 11 '])).toEqual(['line 1|5|22|5', 'line 3|11'])
  expect(rows(['blk_1,E5 E22', 'blk_2,open close'])).toEqual(['blk_1|E5|E22', 'blk_2|open|close'])
})

test('a line without id among lines with ids is named', () => {
  const lines = Array.from({ length: 300 }, (_, i) => `s${i},1 2`)
  expect(() => rows([...lines, '3 4'])).toThrow(/line 301 has no id before a comma/)
})

test('log text is told from sequences', () => {
  expect(looksLikeEvents(['5 22 5 11', '9 26'])).toBe(true)
  expect(looksLikeEvents(['a1b2,E5 E22 E5'])).toBe(true)
  expect(looksLikeEvents(['081109 203518 143 INFO dfs.DataNode: Receiving block'])).toBe(false)
  expect(looksLikeEvents(['open 5', '17'])).toBe(false)
  expect(looksLikeEvents([])).toBe(false)
})
