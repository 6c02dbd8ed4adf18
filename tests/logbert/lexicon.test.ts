import { describe, expect, test } from 'bun:test'
import { LogbertError } from '../../src/core/errors.ts'
import { LOGBERT_DEFAULTS, logbertConfig } from '../../src/core/logbert/config.ts'
import { countBin } from '../../src/core/logbert/count-bin.ts'
import { createLexicon, restoreLexicon } from '../../src/core/logbert/lexicon.ts'

const set = {
  sequences: [
    [10, 20, 20, 30],
    [10, 20, 30],
    [10, 40],
  ],
  weights: [5, 4, 1],
}
const lexicon = createLexicon(set, LOGBERT_DEFAULTS)

describe('the lexicon', () => {
  test('tells the counts of all common events, commonest first, the absent ones too', () => {
    const full = lexicon.bag([10, 20, 20, 30])
    const short = lexicon.bag([10, 40])
    expect(full.tokens).toHaveLength(4)
    expect(short.tokens).toHaveLength(4)
    expect(full.tokens[0]).toBe(short.tokens[0]!)
    expect(full.tokens[1]).not.toBe(short.tokens[1]!)
    expect(full).toMatchObject({ extra: [0, 0, 0, 0], novelty: 0 })
  })

  test('an order makes no difference to counts', () => {
    expect(lexicon.bag([30, 20, 10, 20])).toEqual(lexicon.bag([10, 20, 20, 30]))
  })

  test('a count never seen with its event costs more the further it is off', () => {
    const extra = (times: number) => {
      const events = new Array<number>(times).fill(20)
      return lexicon.bag([10, ...events, 30]).extra.reduce((a, b) => a + b, 0)
    }
    expect(extra(2)).toBe(0)
    expect(extra(3)).toBeCloseTo(Math.log(11))
    expect(extra(9)).toBeGreaterThan(extra(3))
  })

  test('each unseen event type is a novelty, however often it comes', () => {
    expect(lexicon.bag([10, 99, 99, 77]).novelty).toBeCloseTo(2 * Math.log(11))
  })

  test('the surprise of the unseen is that of the events seen once', () => {
    // 40 came once among 34 events
    expect(lexicon.unseenSurprise).toBeCloseTo(-Math.log(1.5 / 35))
  })

  test('types beyond the limit share UNK and raise the chance of the unseen', () => {
    const small = createLexicon(set, { ...LOGBERT_DEFAULTS, mostEvents: 3 })
    expect(small.vocab.events).toEqual([10, 20, 30])
    expect(small.unseenSurprise).toBeLessThan(lexicon.unseenSurprise)
  })

  test('comes back from its JSON', () => {
    const again = restoreLexicon(JSON.parse(JSON.stringify(lexicon)))
    expect(again.size).toBe(lexicon.size)
    expect(again.bag([10, 20, 20, 99])).toEqual(lexicon.bag([10, 20, 20, 99]))
  })

  test('another version is refused', () => {
    expect(() => restoreLexicon({ ...lexicon.toJSON(), version: 9 })).toThrow(/version 9/)
    expect(() => restoreLexicon(null)).toThrow(LogbertError)
  })
})

test('bins are exact up to four and then grow', () => {
  expect([0, 1, 2, 3, 4, 5].map(countBin)).toEqual([0, 1, 2, 3, 4, 5])
  expect(countBin(1_000_000)).toBeLessThan(60)
  for (let count = 1; count < 500; count++) {
    expect(countBin(count)).toBeGreaterThanOrEqual(countBin(count - 1))
  }
})

test('a config out of range names every fault', () => {
  const fault = () => logbertConfig({ hidden: 30, heads: 4, epochs: 0, rate: Number.NaN })
  expect(fault).toThrow(/epochs is 0.*rate is NaN.*multiple of heads/)
})
