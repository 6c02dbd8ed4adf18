import { describe, expect, test } from 'bun:test'
import { learnHeader } from '../../src/core/parse/header.ts'
import { createHeaderFields, createHeaderReader } from '../../src/core/parse/header-reader.ts'
import { later } from './later.ts'
import { layouts } from './layouts.ts'
import { type MadeLayout, makeLines } from './made-lines.ts'

/** Share of lines cut where the message begins. */
const cut = (layout: MadeLayout): number => {
  const made = makeLines(layout, 400)
  const reader = createHeaderReader(learnHeader(made.map(({ line }) => line)))
  const out = createHeaderFields()
  const right = made.filter(({ line, message }) => {
    const start = reader.read(line, 0, out)
    return (out.message ?? line.slice(start)).trim() === message
  })
  return right.length / made.length
}

describe('a header is cut off without being told its layout:', () => {
  for (const layout of layouts)
    test(layout.name, () => expect(cut(layout)).toBeGreaterThanOrEqual(0.95))
})

test('of layouts written after the learning nine in ten are cut right', () => {
  const right = later.filter(layout => cut(layout) >= 0.95)
  expect(right.length / later.length).toBeGreaterThanOrEqual(0.9)
})
