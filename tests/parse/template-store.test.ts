import { expect, test } from 'bun:test'
import { createTemplateStore } from '../../src/core/parse/template-store.ts'

test('a template keeps its text when it is merged into another one, whichever carries the new text', () => {
  const store = createTemplateStore()
  const older = store.intern('user alpha gone')
  const newer = store.intern('user <*> gone')
  expect(store.merge(newer, older, 'user <*> gone')).toBe(older)
  expect(store.snapshot().aliases).toEqual([[newer, 'user <*> gone', older]])
  expect(store.text(newer)).toBe('user <*> gone')
  expect(store.find('')).toBe(-1)
})

test('of a model that lost the text of a merged template no blank line is known', () => {
  const store = createTemplateStore({
    ...{ next: 2, templates: [[0, 'user <*> gone']], aliases: [[1, '', 0]] },
  })
  expect(store.find('')).toBe(-1)
  expect(store.text(1)).toBe('user <*> gone')
  expect(store.intern('')).toBe(2)
})
