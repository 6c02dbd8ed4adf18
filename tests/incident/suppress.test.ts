import { describe, expect, test } from 'bun:test'
import {
  checkSuppression,
  matches,
  type SuppressionRule,
} from '../../src/core/incident/suppress.ts'
import { coversText, foundInText } from '../../src/core/incident/wildcard.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import { anomaly, START } from './made.ts'

const odd = anomaly(START, 'cart-1', {
  odd: ['pool of <*> exhausted'],
  text: 'Pool of 20 exhausted (.*)',
  missing: ['checkout done'],
  via: ['gateway'],
})

describe('a rule hides an anomaly when all its parts hold', () => {
  const cases: [SuppressionRule, boolean][] = [
    [{ template: 'pool of <*> exhausted' }, true],
    [{ template: 'checkout done' }, true],
    [{ template: 'pool of * exhausted' }, false],
    [{ template: 'gateway passed it on' }, false],
    [{ source: 'cart-1' }, true],
    [{ source: 'cart-*' }, true],
    [{ source: '*' }, true],
    [{ source: 'cart' }, false],
    [{ source: 'Cart-1' }, false],
    [{ source: 'gateway' }, false],
    [{ text: 'POOL of * exhausted' }, true],
    [{ text: 'of 20' }, true],
    [{ text: 'exhausted (.*)' }, true],
    [{ text: 'exhausted*of' }, false],
    [{ text: 'passed it on' }, false],
    [{ text: 'pool', source: 'cart-*', template: 'checkout done' }, true],
    [{ text: 'pool', source: 'mail-*', template: 'checkout done' }, false],
    [{}, false],
    [{ expires: START + 1 }, false],
  ]
  for (const [rule, hides] of cases) {
    test(`${JSON.stringify(rule)}: ${hides ? 'hides' : 'does not'}`, () => {
      expect(matches(rule, odd)).toBe(hides)
    })
  }

  test('and it has not expired', () => {
    const rule = { source: 'cart-1', expires: START + 10 }
    expect(matches(rule, odd, START + 9)).toBe(true)
    expect(matches(rule, odd, START + 10)).toBe(false)
  })

  test('lines that are not odd count where none is', () => {
    const ended = anomaly(START, 'cart', { kind: 'missing ending', odd: [], via: ['gateway'] })
    expect(matches({ text: 'passed it' }, ended)).toBe(true)
  })
})

describe('wildcards', () => {
  /** The plain definition, by trying everything. */
  const covers = (pattern: string, text: string): boolean => {
    if (pattern === '') return text === ''
    if (pattern[0] === '*') {
      return covers(pattern.slice(1), text) || (text !== '' && covers(pattern, text.slice(1)))
    }
    return text[0] === pattern[0] && covers(pattern.slice(1), text.slice(1))
  }

  test('mean what trying everything finds', () => {
    const random = createRandom(1)
    for (let i = 0; i < 20_000; i++) {
      const pattern = random.text(random.int(0, 6), 'ab*')
      const text = random.text(random.int(0, 9), 'ab')
      expect([pattern, text, coversText(pattern, text)]).toEqual([
        ...[pattern, text, covers(pattern, text)],
      ])
      expect([pattern, text, foundInText(pattern, text)]).toEqual([
        ...[pattern, text, covers(`*${pattern}*`, text)],
      ])
    }
  })

  test('take linear time for patterns that would make an expression explode', () => {
    const text = 'a'.repeat(60_000)
    const pattern = `${'a*'.repeat(100)}${'a'.repeat(800)}b`
    const from = performance.now()
    for (let i = 0; i < 20; i++) {
      expect(foundInText(pattern, text)).toBe(false)
      expect(coversText(`${pattern}*`, text)).toBe(false)
    }
    expect(performance.now() - from).toBeLessThan(2000)
  })
})

describe('a rule that somebody wants', () => {
  const faults = (rule: SuppressionRule) => checkSuppression(rule)

  test('needs a part', () => {
    expect(faults({})).toEqual([
      { path: [], message: 'give at least one of template, source and text' },
    ])
  })

  test('may not hide everything, be empty or very long; every fault is told at once', () => {
    expect(faults({ text: ' * *', source: '**', template: ' ', expires: Number.NaN })).toEqual([
      { path: ['template'], message: 'it is empty' },
      { path: ['source'], message: 'it would hide everything; give some text beside the *' },
      { path: ['text'], message: 'it would hide everything; give some text beside the *' },
      { path: ['expires'], message: 'NaN is no time in epoch ms' },
    ])
    expect(faults({ text: 'x'.repeat(1025) })).toEqual([
      { path: ['text'], message: 'it has 1025 characters; at most 1024 are possible' },
    ])
  })

  test('is taken with any part alone, or all', () => {
    expect(faults({ template: '<*>' })).toEqual([])
    expect(faults({ source: 'cart-*', text: '*pool', template: 'a', expires: START })).toEqual([])
  })
})
