import { expect, test } from 'bun:test'
import { learnHeader } from '../../src/core/parse/header.ts'
import { createHeaderFields, createHeaderReader } from '../../src/core/parse/header-reader.ts'

const lines = [
  'web#2024-05-06 07:08:09 WARN [pool 1] shop.Cart: 3 items left',
  'web#2024-05-06 07:08:11 INFO [main] shop.Pay: paid 7 EUR: thanks',
]

const read = (format: string) => {
  const reader = createHeaderReader(learnHeader(lines, { format }))
  return lines.map(line => {
    const out = createHeaderFields()
    const start = reader.read(line, 5, out)
    return { ...{ message: line.slice(start), at: out.at, level: out.level, thread: out.thread } }
  })
}

test('a pinned format says where each part stands', () => {
  const at = Date.UTC(2024, 4, 6, 7, 8, 9)
  const expected = [
    { message: '3 items left', at, level: 'warn' as const, thread: 'pool 1' },
    { message: 'paid 7 EUR: thanks', at: at + 2000, level: 'info' as const, thread: 'main' },
  ]
  expect(read('<app>#<time> <level> [<thread>] <component>: <message>')).toEqual(expected)
  expect(
    read('<app>#<time:yyyy-MM-dd HH:mm:ss> <level> [<thread>] <component>: <message>'),
  ).toEqual(expected)
})

test('the format none takes whole lines as messages, dated by their arrival', () => {
  expect(read('none').map(({ message, at }) => [message, at])).toEqual(lines.map(line => [line, 5]))
})

test('a format that ends in no message is refused', () => {
  expect(() => read('<time> <level>')).toThrow('<message>')
})
