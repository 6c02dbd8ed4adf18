import { expect, test } from 'bun:test'
import { layOut } from '../../src/ui/flow-layout.ts'

const link = (text: string) => {
  const [from, to] = text.split('>')
  return { from: from!, to: to! }
}
const columnsOf = (ids: string, links: string[]) => {
  const { places } = layOut(ids.split(''), links.map(link))
  return Object.fromEntries([...places].map(([id, { column }]) => [id, column]))
}

test('who is called stands right of all its callers', () => {
  expect(columnsOf('dbca', ['a>b', 'b>c', 'a>c', 'c>d'])).toEqual({ a: 0, b: 1, c: 2, d: 3 })
  // Wherever a circle is opened, the way into it goes on to the right.
  expect(columnsOf('abcd', ['a>b', 'b>c', 'c>b', 'c>d', 'd>d'])).toEqual({ a: 0, b: 1, c: 2, d: 3 })
  expect(Object.keys(columnsOf('ab', ['a>b', 'b>a']))).toHaveLength(2)
})

test('those that are linked stand side by side, and no two in the same place', () => {
  const { places, columns, rows } = layOut('abcxyz'.split(''), ['a>z', 'b>y', 'c>x'].map(link))
  for (const pair of ['az', 'by', 'cx']) {
    expect(places.get(pair[0]!)!.row).toBe(places.get(pair[1]!)!.row)
  }
  expect([columns, rows]).toEqual([2, 3])
  const all = [...places.values()].map(({ column, row }) => `${column} ${row}`)
  expect(new Set(all).size).toBe(6)
})

test('nodes without links stand in rows below the others', () => {
  const { places, rows } = layOut('abcdefg'.split(''), [link('a>b'), link('a>nobody')])
  expect(rows).toBe(3)
  expect(places.get('c')).toEqual({ column: 0, row: 1 })
  expect(places.get('g')).toEqual({ column: 0, row: 2 })
  expect(layOut([], [])).toMatchObject({ columns: 0, rows: 0 })
})

test('a graph of hundreds of nodes and thousands of links is laid out at once', () => {
  const ids = Array.from({ length: 500 }, (_, i) => `s${i}`)
  const links = ids.flatMap((from, i) =>
    Array.from({ length: 8 }, (_, k) => ({ from, to: `s${(i * 7 + k * 31 + 1) % 500}` })),
  )
  const begun = performance.now()
  expect(layOut(ids, links).places.size).toBe(500)
  expect(performance.now() - begun).toBeLessThan(1000)
})
