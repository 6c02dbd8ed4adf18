import { expect, test } from 'bun:test'
import { isUnreadable, type KafkaLine, linesOf, linesWithin } from '../../src/bus/kafka/format.ts'
import { indexOf, MOST_LINES, offsetOf, positionOf } from '../../src/bus/kafka/position.ts'

const read = (value: string | Buffer | null, more: object = {}) =>
  linesOf(
    {
      ...{ offset: '7', timestamp: '1000', key: null },
      value: typeof value === 'string' ? Buffer.from(value) : value,
      ...more,
    },
    'topic',
  )
const lines = (value: string | Buffer, more: object = {}): KafkaLine[] => {
  const found = read(value, more)
  if (isUnreadable(found)) throw new Error(found.reason)
  return found
}
const texts = (value: string): string[] => lines(value).map(({ text }) => text)
const facts = (value: string, more: object = {}) =>
  lines(value, more).map(({ text, source, arrived }) => [text, source, arrived])

test('a text is a line, of its header or topic, at the time of the record', () => {
  expect(facts('plain text')).toEqual([['plain text', 'topic', 1000]])
  const headers = { source: Buffer.from('app') }
  expect(facts('d\u00e9j\u00e0 vu', { headers })).toEqual([['d\u00e9j\u00e0 vu', 'app', 1000]])
  expect(facts('no time', { timestamp: '-1' })).toEqual([['no time', 'topic', 0]])
  expect(lines('x', { key: Buffer.from('session') })[0]!.key).toBe('session')
  expect(texts('')).toEqual([''])
  expect(texts('{not JSON')).toEqual(['{not JSON'])
  expect(texts('[1, 2]')).toEqual(['[1, 2]'])
})

test('line ends divide a text; one at its end begins no line', () => {
  expect(texts('a\nb\r\n\nc\n')).toEqual(['a', 'b', '', 'c'])
  expect(texts('{"log":"a\\nb\\n"}')).toEqual(['a', 'b'])
})

test('a line beyond the longest is cut, and marked; each by itself', () => {
  const cutAt = (maxLine: number, value: string) =>
    (
      linesWithin(maxLine)(
        { offset: '7', timestamp: '1', key: null, value: Buffer.from(value) },
        'topic',
      ) as KafkaLine[]
    ).map(({ text, cut, position }) => [text, cut, indexOf(position)])
  expect(cutAt(4, 'abcd')).toEqual([['abcd', undefined, 0]])
  expect(cutAt(4, 'abcde\nabc\r\n{"log":1}')).toEqual([
    ['abcd', true, 0],
    ['abc', undefined, 1],
    ['{"lo', true, 2],
  ])
  expect(cutAt(4, '{"logs":["abcdef",{"message":"\u{1F600}\u{1F600}\u{1F600}"}]}')).toEqual([
    ['abcd', true, 0],
    ['\u{1F600}\u{1F600}', true, 1],
  ])
})

test('JSON of a known form gives its text, source and time; what cannot be is the record\u2019s own', () => {
  const at = '"timestamp":"2026-01-02T03:04:05Z"'
  const ms = Date.UTC(2026, 0, 2, 3, 4, 5)
  const whole = `{"message":"m",${at},"source":"s","attributes":{"a":1}}`
  expect(facts(whole)).toEqual([['m', 's', ms]])
  expect(facts('{"log":"l","timestamp":5.9}')).toEqual([['l', 'topic', 5]])
  expect(facts('{"log":"l","timestamp":"noon","source":""}')).toEqual([['l', 'topic', 1000]])
  expect(
    facts(`{"logs":["a",{"message":"b",${at}},{"log":"c","source":"t"}],"source":"s"}`),
  ).toEqual([
    ['a', 's', 1000],
    ['b', 's', ms],
    ['c', 't', 1000],
  ])
  expect(texts('{"logs":[]}')).toEqual([])
})

test('JSON that programs log stays the line that it is', () => {
  for (const value of [
    '{"level":"info","message":"m"}',
    '{"log":"a","message":"b"}',
    '{"message":7}',
    '{"logs":"none"}',
    '{}',
  ]) {
    expect(texts(value)).toEqual([value])
  }
  expect(texts('{"logs":[{"level":"info","message":"m"}]}')).toEqual([
    '{"level":"info","message":"m"}',
  ])
})

test('what we wrote ourselves comes back as it was, whatever it looks like', () => {
  const headers = { logbert: Buffer.from('line'), source: Buffer.from('') }
  for (const value of ['{"log":"x"}', '{"logs":["a"]}', 'a\nb\n', '', '\uFEFFx']) {
    expect(facts(value, { headers })).toEqual([[value, '', 1000]])
  }
})

test('what cannot be read is told with its reason, as it came', () => {
  const odd = Buffer.from([0x61, 0xff])
  expect(read(odd, { key: odd })).toMatchObject({ value: odd, key: odd, offset: 7 })
  const reasons = [
    odd,
    null,
    '{"logs":["a",null]}',
    `{"logs":[${Array(MOST_LINES + 1).fill('""')}]}`,
  ]
    .map(value => read(value))
    .map(found => isUnreadable(found) && found.reason)
  expect(reasons).toEqual([
    'it is no UTF-8',
    'it has no value',
    'logs[1] is neither text nor an object',
    'it holds 65537 lines, more than 65536; send them in several',
  ])
})

test('positions are exact, rise, and tell their offset, beyond where they wrap too', () => {
  const wrap = 2 ** 37
  for (const offset of [0, 1, 2 ** 31, wrap - 1, wrap, 5 * wrap + 12_345]) {
    for (const index of [0, 1, MOST_LINES - 1]) {
      const position = positionOf(offset, index)
      expect(Number.isSafeInteger(position)).toBe(true)
      expect(indexOf(position)).toBe(index)
      for (const end of [offset, offset + 1, offset + wrap - 1]) {
        expect(offsetOf(position, end)).toBe(offset)
      }
      if (offset < wrap) expect(positionOf(offset, index)).toBe(offset * MOST_LINES + index)
    }
  }
  const rising = lines('{"logs":["a","b","c"]}').map(({ position }) => position)
  expect(rising).toEqual([7 * MOST_LINES, 7 * MOST_LINES + 1, 7 * MOST_LINES + 2])
  expect(rising[2]!).toBeLessThan(lines('next', { offset: '8' })[0]!.position)
})
