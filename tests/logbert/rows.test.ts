import { describe, expect, test } from 'bun:test'
import { batchByLength, rowFeeds } from '../../src/core/logbert/batch.ts'
import { createLru } from '../../src/core/logbert/lru.ts'
import { interleavedMask, randomMask } from '../../src/core/logbert/masks.ts'
import { maskedRow, nextRow } from '../../src/core/logbert/rows.ts'
import { segments } from '../../src/core/logbert/segment.ts'
import { DIST, END, MASK, PAD } from '../../src/core/sequence/vocab.ts'
import { createRandom } from '../../src/core/simulator/random.ts'

const whole = { from: 0, to: 3, own: 0 }

describe('rows', () => {
  test('a masked row hides events and asks for them', () => {
    const row = maskedRow([7, 8, 9], [false, true, false], whole)
    expect(row.tokens).toEqual([DIST, 7, MASK, 9, END])
    expect(row.targets).toEqual([PAD, PAD, 8, PAD, PAD])
  })

  test('a next row asks for each event and for the end', () => {
    const row = nextRow([7, 8, 9], whole)
    expect(row.tokens).toEqual([END, 7, 8, 9])
    expect(row.targets).toEqual([7, 8, 9, END])
  })

  test('a stretch from the middle shows that there is something around it', () => {
    const middle = { from: 1, to: 2, own: 1 }
    expect(maskedRow([7, 8, 9], [], middle).tokens).toEqual([DIST, MASK, 8, MASK])
    expect(nextRow([7, 8, 9], middle)).toMatchObject({
      tokens: [END, MASK, 8],
      targets: [PAD, 8, PAD],
    })
  })
})

test('segments cover every event once and overlap by half', () => {
  for (const length of [0, 1, 8, 9, 12, 13, 100]) {
    const all = segments(length, 8)
    const owned = all.flatMap(({ own, to }) => Array.from({ length: to - own }, (_, i) => own + i))
    expect(owned).toEqual(Array.from({ length }, (_, i) => i))
    expect(all.every(({ from, to }) => to - from <= 8)).toBe(true)
    expect(all.slice(1).every(({ from, own }) => own - from >= 4)).toBe(true)
  }
})

describe('masks', () => {
  test('interleaved masks hide every event exactly once', () => {
    const masks = [0, 1, 2, 3].map(row => interleavedMask(10, 4, row))
    for (let i = 0; i < 10; i++) expect(masks.filter(mask => mask[i])).toHaveLength(1)
  })

  test('a random mask hides one event at least', () => {
    const random = createRandom(1)
    for (let i = 0; i < 50; i++) expect(randomMask(2, 0.01, random)).toContain(true)
  })
})

test('batches stay within their tokens and keep every row', () => {
  const rows = [9, 1, 4, 4, 30, 2].map(length => ({ tokens: new Array<number>(length).fill(5) }))
  const batches = batchByLength(rows, 10)
  expect(batches.flat()).toHaveLength(rows.length)
  for (const batch of batches) {
    expect(batch.length === 1 || batch.length * batch.at(-1)!.tokens.length <= 10).toBe(true)
  }
})

test('shorter rows are filled up with PAD', () => {
  const feeds = rowFeeds([
    { tokens: [5, 6], targets: [6, 7] },
    { tokens: [5], targets: [6] },
  ])
  expect([...feeds.tokens.data]).toEqual([5, 6, 5, PAD])
  expect([...feeds.places.data]).toEqual([0, 1])
})

test('the cache forgets what was not asked for the longest', () => {
  const lru = createLru<number>(2)
  lru.set('a', 1)
  lru.set('b', 2)
  lru.get('a')
  lru.set('c', 3)
  expect([lru.get('a'), lru.get('b'), lru.get('c'), lru.size]).toEqual([1, undefined, 3, 2])
})

test('a batch holds little padding, unless it is small anyway', () => {
  const rows = (lengths: number[]) => lengths.map(length => ({ tokens: new Array(length).fill(1) }))
  const shape = (batches: { tokens: number[] }[][]) =>
    batches.map(batch => batch.map(({ tokens }) => tokens.length))
  expect(shape(batchByLength(rows([3, 50, 20, 4]), 8192))).toEqual([[3, 4, 20, 50]])
  const mixed = [...new Array<number>(60).fill(10), 12, 13, 14, 200]
  expect(shape(batchByLength(rows(mixed), 8192)).map(batch => batch.at(-1))).toEqual([13, 200])
})
