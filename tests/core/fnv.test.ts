import { expect, test } from 'bun:test'
import { fnv1a128 } from '../../src/core/fnv.ts'

test('FNV-1a gives the published 128-bit vectors', () => {
  expect(fnv1a128('')).toBe('6c62272e07bb014262b821756295c58d')
  expect(fnv1a128('a')).toBe('d228cb696f1a8caf78912b704e4a8964')
  expect(fnv1a128('foobar')).toBe('343e1662793c64bf6f0d3597ba446f18')
})

test('FNV-1a hashes UTF-8 bytes, not UTF-16 units', () => {
  expect(fnv1a128('é')).not.toBe(fnv1a128('e'))
})
