import { describe, expect, test } from 'bun:test'
import { learnHeader } from '../../src/core/parse/header.ts'
import { createHeaderFields, createHeaderReader } from '../../src/core/parse/header-reader.ts'

/** Level and message of `odd` in a source whose other lines are made by `of`. */
const read = (of: (i: number) => string, odd: string): [string | undefined, string] => {
  const lines = Array.from({ length: 60 }, (_, i) => of(i))
  const reader = createHeaderReader(learnHeader([...lines, odd]))
  const out = createHeaderFields()
  const start = reader.read(odd, 0, out)
  return [out.level, out.message ?? odd.slice(start)]
}

describe('the first word of a message is not taken for header', () => {
  test('where other lines have a level and a colon', () => {
    const of = (i: number): string => `${i % 2 ? 'debug1' : 'debug2'}: fd ${i} closed`
    expect(read(of, 'Connection from 10.0.0.1 port 22')).toEqual([
      undefined,
      'Connection from 10.0.0.1 port 22',
    ])
  })

  test('where other lines have a word before their level', () => {
    const of = (i: number): string =>
      `2024-05-06 07:08:${10 + (i % 40)} ann@db${i % 3} ${i % 5 ? 'LOG' : 'ERROR'}:  query ${i} done`
    expect(read(of, '2024-05-06 07:09:00 LOG:  listening on port 5432')).toEqual([
      'info',
      'listening on port 5432',
    ])
    expect(read(of, '2024-05-06 07:09:00 listening on port 5432')[1]).toBe('listening on port 5432')
  })
})

test('the letter of a container runtime is no level, the one behind it is', () => {
  const of = (i: number): string =>
    `2024-05-06T07:08:09.1234567${10 + (i % 40)}Z stderr F ${'IWE'[i % 3]}0506 07:08:09.123456    1001 a.go:${i % 4}] pod ${i} started`
  const odd = of(61)
  expect(read(of, odd)).toEqual(['warn', 'pod 61 started'])
  const plain = (i: number): string =>
    `2024-05-06T07:08:09.1234567${10 + (i % 40)}Z stdout F pod ${i} ${i % 2 ? 'started' : 'left us'}`
  expect(read(plain, plain(61))).toEqual([undefined, 'pod 61 started'])
})

test('a level letter, a slash and a name with its process: the brief format of a phone', () => {
  const of = (i: number): string => `${'DIWE'[i % 4]}/Audio( ${200 + i}): stream ${i} opened`
  const reader = createHeaderReader(learnHeader(Array.from({ length: 60 }, (_, i) => of(i))))
  const out = createHeaderFields()
  const start = reader.read(of(6), 0, out)
  expect(of(6).slice(start)).toBe('stream 6 opened')
  expect([out.level, out.component, out.process]).toEqual(['warn', 'Audio', '206'])
})

test('a name and a value are a message, also between lines that have a time', () => {
  const pair = (i: number): string => `${['Length', 'Rounds', 'Pause'][i % 3]}: ${i}`
  expect(read(pair, 'Length: 5')[1]).toBe('Length: 5')
  const mixed = (i: number): string =>
    i % 5 ? `2024-05-06 07:08:${10 + (i % 40)} [info] sent ${i} bytes` : pair(i)
  expect(read(mixed, 'Length: 5')[1]).toBe('Length: 5')
})

test('behind the name of who speaks a prefix and a bracket open the message', () => {
  const prefix = (i: number): string =>
    `2024-05-06 07:08:${10 + (i % 40)},123 - app.web - ${i % 3 ? 'INFO' : 'WARNING'} - pool: job ${i} done`
  expect(read(prefix, prefix(61))[1]).toBe('pool: job 61 done')
  const bracket = (i: number): string =>
    `2024-05-06 07:08:${10 + (i % 40)},123 ${i % 3 ? 'INFO' : 'WARN'} [main] com.acme.Main: [part ${i}] opened`
  expect(read(bracket, bracket(61))[1]).toBe('[part 61] opened')
})
