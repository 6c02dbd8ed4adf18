import { expect, test } from 'bun:test'
import { plainText } from '../../src/core/incident/plain-text.ts'
import type { Anomaly } from '../../src/core/types.ts'
import { anomaly, groupAll, type Made, SECOND, START } from './made.ts'

const title = (...list: Anomaly[]): string => groupAll(list).incidents.at(-1)!.title
const many = (count: number, source: string, more: Made): Anomaly[] =>
  Array.from({ length: count }, (_, i) => anomaly(START + i * SECOND, source, more))

test('says what is wrong, where and how much of it', () => {
  const expected = [{ templateId: 3, template: 'charge <*> captured', p: 0.9 }]
  const cut: Made = { kind: 'missing ending', odd: [], ending: { surprise: 9, expected } }
  const calls = ['cart', 'gateway', 'mail', 'search'].map(source => anomaly(START, source, cut))
  expect(title(...many(1200, 'payment', cut), ...calls)).toBe(
    'payment: requests end before "charge … captured" (1,204 sessions, also in cart, gateway and 2 more)',
  )
})

test('speaks of each kind in its own words', () => {
  const cases: [Made, string][] = [
    [
      { kind: 'new template', odd: ['pool of <*> exhausted'] },
      'never seen before: "pool of … exhausted"',
    ],
    [{ kind: 'sequence', odd: ['commit'] }, '"commit" out of place'],
    [{ kind: 'sequence', odd: [], missing: ['begin'] }, 'too few "begin"'],
    [{ kind: 'count', odd: ['retry'] }, 'unusual number of "retry"'],
    [{ kind: 'missing ending', odd: [], via: ['db'] }, 'requests end after "db passed it on"'],
    [{ kind: 'rate', odd: ['beat'] }, 'unusual rate of "beat"'],
    [{ kind: 'silence', odd: [], missing: ['beat'] }, 'too few "beat"'],
    [{ kind: 'value', odd: ['took <*> ms'] }, 'unusual values in "took … ms"'],
  ]
  for (const [more, words] of cases) {
    const source = more.via === undefined ? 'app' : 'db'
    expect(title(anomaly(START, 'app', more))).toBe(`${source}: ${words} (1 session)`)
  }
})

test('a new line is told of even where most sessions are odd in another way', () => {
  const rest = many(6, 'cart', { kind: 'missing ending', odd: ['half done'] })
  const fresh = many(2, 'cart', { kind: 'new template', odd: ['heap is full', 'half done'] })
  expect(title(...rest, ...fresh)).toStartWith('cart: never seen before: ')
})

test('counts times where a log is cut into stretches, and names what there is too much of', () => {
  const flood = {
    kind: 'count',
    session: 'cart lines 5-14',
    odd: ['beat'],
    missing: ['a', 'b'],
  } as const
  expect(title(...many(3, 'cart', { ...flood, odd: ['beat'], missing: ['a', 'b'] }))).toBe(
    'cart: unusual number of "beat" (3 times)',
  )
})

test('log text is quoted, in one line without control characters, and cut', () => {
  const bad = `say "hi"\u0000\n\u001b[31mred\u202egnp.exe\u200b ${'long '.repeat(100)}`
  const text = title(anomaly(START, `pod\n${'x'.repeat(100)}`, { odd: [bad] }))
  expect(text).toStartWith(`pod ${'x'.repeat(35)}…: "say 'hi' [31mred gnp.exe long`)
  expect(text.length).toBeLessThanOrEqual(200)
  expect(text).not.toMatch(/\p{Cc}|\p{Cf}/u)
  const [incident] = groupAll([anomaly(START, 'pod', { odd: [bad] })]).incidents
  expect(incident!.first.text).not.toMatch(/\p{Cc}|\p{Cf}/u)
  expect(incident!.first.text.length).toBeLessThanOrEqual(300)
})

test('cutting never splits a character', () => {
  expect(plainText('👩🏽‍🚀'.repeat(50), 10).isWellFormed()).toBe(true)
  expect(plainText('ab\ud800cd', 10)).toBe('ab cd')
  expect(plainText('abcdef', 6)).toBe('abcdef')
  expect(plainText('abcdefg', 6)).toBe('abcde…')
})
