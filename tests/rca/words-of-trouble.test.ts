import { expect, test } from 'bun:test'
import { readModel } from '../../src/core/rca/model.ts'
import { analyse, learnRca, type RcaEvent } from '../../src/core/rca/rca.ts'

const START = Date.UTC(2026, 2, 4, 8)
const FROM = START + 20 * 60_000

type Say = (service: string, text: string, more?: Partial<RcaEvent>) => void

/** Requests to `shop`, which asks `stock` and then `bank`, which writes no lines about requests. */
const events = (
  from: number,
  requests: number,
  ask: (say: Say, wait: (ms: number) => void, n: number) => void,
): RcaEvent[] => {
  const out: RcaEvent[] = []
  for (let n = 0; n < requests; n++) {
    let at = from + n * 500
    const say: Say = (service, text, more = {}) => {
      at += 2
      const template = text.replace(/\d+/g, '<*>')
      out.push({
        ...{ at, service, template, text, level: 'info', trace: `t${from}-${n}` },
        ...{ id: `${from}-${out.length}`, params: text.match(/\d+/g) ?? [] },
        ...more,
      })
    }
    const wait = (ms: number): void => {
      at += ms
    }
    say('shop', `order ${n} came`)
    say('stock', `looking for ${n}`)
    wait(3 + (n % 3))
    say('stock', `found ${n}`)
    ask(say, wait, n)
    if (n % 20 === 0) say('bank', `checkpoint ${n} written`, { trace: '' })
    if (n % 20 === 10) say('stock', `${n} shelves counted`, { trace: '' })
  }
  return out
}

const normal = events(START, 1200, (say, wait, n) => {
  if (n % 150 === 7) say('shop', 'gw.cardhouse.example answered 502 once', { level: 'warn' })
  say('shop', `asking bank for ${n}`)
  wait(10 + (n % 5))
  say('shop', `bank answered ${n}`)
  wait(30 + (n % 7))
  say('shop', `cardhouse confirmed ${n} in ${30 + (n % 7)} ms`)
  say('shop', `order ${n} done`)
})

const first = (fault: Parameters<typeof events>[2]): string | undefined => {
  const { suspects } = analyse(learnRca(normal), events(FROM, 200, fault), { start: FROM })
  return suspects[0]?.name
}

test('who passes on the message of another is not the one who is to blame', () => {
  const why = (n: number) => `could not extend file ${n}: no space left on device`
  const suspect = first((say, wait, n) => {
    say('shop', `asking for ${n}`)
    wait(10)
    say('bank', why(n), { level: 'error', trace: '' })
    say('shop', `order ${n} failed after 12 ms: ${why(n)}`, { level: 'error' })
  })
  expect(suspect).toBe('bank')
})

test('a service outside that is slow is named, though it is called by a part of its name', () => {
  const suspect = first((say, wait, n) => {
    say('shop', `asking bank for ${n}`)
    wait(10 + (n % 5))
    say('shop', `bank answered ${n}`)
    wait(1500 + (n % 70))
    say('shop', `cardhouse confirmed ${n} in ${1500 + (n % 70)} ms`)
    say('shop', `order ${n} done`)
  })
  expect(suspect).toBe('gw.cardhouse.example')
})

test('a complaint may by its words be the fault of who complains', () => {
  const complain = (why: string) =>
    first((say, wait, n) => {
      say('shop', `asking bank for ${n}`)
      wait(2)
      say('shop', `bank answered ${why} to ${n}`, { level: 'error' })
    })
  expect(complain('401 Unauthorized')).toBe('shop')
  expect(complain('503 Service Unavailable')).toBe('bank')
})

test('who said something rare when trouble began is the likelier cause', () => {
  const complain = (begin: (say: Say) => void) =>
    first((say, wait, n) => {
      if (n === 0) begin(say)
      say('shop', `asking bank for ${n}`)
      wait(2)
      say('shop', `bank gave up on ${n}`, { level: 'error' })
    })
  expect(complain(say => say('shop', 'configuration loaded again', { trace: '' }))).toBe('shop')
  expect(complain(say => say('bank', 'version 8 takes over', { trace: '' }))).toBe('bank')
})

test('how a system starts does not make its normal time look noisy', () => {
  const begin = ['shop', 'stock', 'bank'].flatMap((service, s) =>
    ['starts version', 'listens on port', 'is ready after'].map((text, i) => ({
      ...{ at: START + 10 * s + i, service, template: `${text} <*>`, text: `${text} ${i + 7}` },
      ...{ level: 'info', id: `${service}-${i}`, params: [`${i + 7}`] },
    })),
  )
  const topsOf = (all: RcaEvent[]): number[] => readModel(learnRca(all)).calibration.tops
  expect(Math.max(...topsOf([...begin, ...normal]))).toBe(Math.max(...topsOf(normal)))
})
