import { describe, expect, test } from 'bun:test'
import { createParser, type ParserOptions } from '../../src/core/parse/parser.ts'
import { backtrackingRisk } from '../../src/core/parse/user-mask.ts'

/** The template of one line on its own: what the characters alone give away. */
const masked = (text: string, options: ParserOptions = {}): string => {
  const parser = createParser({ header: { format: 'none' }, ...options })
  let template = ''
  const emit = (event: { template: string }): void => {
    template = event.template
  }
  parser.feed({ text: `say ${text} now`, source: 's', arrived: 0 }, emit)
  parser.flush(emit)
  return template.slice(4, -4)
}

const values: [string, string][] = [
  ['a UUID', '123e4567-e89b-12d3-a456-426614174000'],
  ['an IPv4 address', '10.0.0.1'],
  ['an IPv4 address with a port', '10.0.0.1:8080'],
  ['an IPv6 address', '2001:db8::ff00:42:8329'],
  ['a short IPv6 address', '::1'],
  ['a hardware address', '00:1b:44:11:3a:b7'],
  ['an e-mail address', 'ann.lee@mail.example.org'],
  ['a URL', 'https://example.org/a/b?c=d&e=f'],
  ['a path', '/var/log/app/current'],
  ['a Windows path', 'C:\\Program Files (x86)\\App\\a.dll'],
  ['a hex number', '0x7f3a'],
  ['bare hex digits', 'deadbeefcafe'],
  ['a long hash', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['a number', '42'],
  ['a negative number', '-17.5'],
  ['a number with a unit', '250ms'],
  ['a date and a time', '2024-05-06 07:08:09.123'],
  ['a date with month and zone', 'Mon, 06 May 2024 07:08:09 GMT'],
  ['a host with a port', 'proxy.cse.example.uk:3128'],
  ['the id of an app', 'com.acme.phone'],
  ['a bound with its unit', '<1 sec'],
  ['a truth value', 'false'],
]

describe('a value is told by its characters:', () => {
  for (const [name, text] of values) test(name, () => expect(masked(text)).toBe('<*>'))
})

const kept: [string, string][] = [
  ['words', 'shutting down'],
  ['words with a digit', 'L3 cache'],
  ['a scope operator', 'Adapter::powerChange'],
  ['a long name with digits', 'waitForOk2Go2Sleep'],
  ['a key like the id of an app', 'com.acme.phone: on'],
  ['a class name', 'java.io.IOException'],
  ['an ellipsis', 'please wait...'],
]

describe('what is no value stays:', () => {
  for (const [name, text] of kept) test(name, () => expect(masked(text)).toBe(text))
})

test('a number behind a stem leaves the stem', () => {
  expect(masked('worker-12')).toBe('worker-<*>')
  expect(masked('core.2275')).toBe('core.<*>')
})

test('a list is one value, however long, unless it names kinds', () => {
  expect(masked('stops=[rome, pisa, turin]')).toBe('stops=[<*>]')
  expect(masked('signals [TERM, HUP]')).toBe('signals [TERM, HUP]')
})

test('the backslash before an escaped quote is no part of the value', () => {
  expect(masked('\\"a1b2\\" and \\"http://a.example/b\\":')).toBe('\\"<*>\\" and \\"<*>\\":')
})

test('strings in quotes are values only when asked for', () => {
  expect(masked('"red car"')).toBe('"red car"')
  expect(masked('"red car"', { mask: { quoted: true } })).toBe('"<*>"')
})

describe('patterns of the user', () => {
  test('come before all others', () => {
    const patterns = [{ name: 'ticket', pattern: 'TICKET-[A-Z]+' }]
    expect(masked('TICKET-ABC', { patterns })).toBe('<*>')
  })

  for (const pattern of ['(a+)+$', '(a|a?)+x', '\\d*\\d+x', '(\\w+\\s?)*!', '(.)\\1'])
    test(`are refused when they may take forever: ${pattern}`, () => {
      expect(backtrackingRisk(pattern)).toBeString()
      expect(() => masked('x', { patterns: [{ name: 'bad', pattern }] })).toThrow('bad')
    })

  test('are refused when they are no regular expression or match nothing at all', () => {
    for (const pattern of ['(', 'a*'])
      expect(() => masked('x', { patterns: [{ name: 'bad', pattern }] })).toThrow('bad')
  })
})
