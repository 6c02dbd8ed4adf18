import { describe, expect, test } from 'bun:test'
import { createParser, type Parser } from '../../src/core/parse/parser.ts'
import { createLineLearner } from '../../src/core/rca/learn-lines.ts'
import { analyse, eventsOfLines, learnRca } from '../../src/core/rca/rca.ts'
import type { RcaEvent } from '../../src/core/rca/types.ts'
import type { LogEvent, LogLine } from '../../src/core/types.ts'
import { faultySystem } from './faulty-system.ts'

const parseAll = (lines: readonly LogLine[], parser: Parser): LogEvent[] => {
  const events: LogEvent[] = []
  for (const line of lines) parser.feed(line, event => events.push(event))
  parser.flush(event => events.push(event))
  return events
}

const learn = (lines: readonly LogLine[]) => {
  const parser = createParser()
  const events = parseAll(lines, parser)
  const learner = createLineLearner(events, undefined)
  for (const event of events) learner.push(event)
  const model = learner.model(parser)
  const snapshot = parser.snapshot()
  const { reading, services } = model
  const read = (more: readonly LogLine[]): RcaEvent[] =>
    eventsOfLines(more, createParser({ mode: 'extend' }, snapshot), {
      learned: { reading: reading!, services },
    })
  return { model, read }
}

describe('on a simulated system', () => {
  const kinds = ['hang', 'silence', 'early return', 'bad deployment', 'network delay'] as const
  const { model, read } = learn(faultySystem().normal)

  for (const kind of kinds) {
    test(`${kind}: who is to blame is named first, with lines that exist`, () => {
      const { faulty, from, service } = faultySystem(kind)
      const events = read(faulty)
      const { found, suspects, start } = analyse(model, events, { start: from })
      expect(found).toBe(true)
      expect(start).toBe(from)
      expect(suspects[0]!.name).toBe(service)
      const ids = new Set(events.map(({ id }) => id))
      for (const { evidence } of suspects) for (const id of evidence) expect(ids).toContain(id)
      for (const { score, parts } of suspects) {
        const sum = Object.values(parts).reduce((total, part) => total + part, 0)
        expect(sum).toBeCloseTo(score, 2)
      }
    }, 30_000)
  }

  test('the begin is found where it is not told', () => {
    const { faulty, from, service } = faultySystem('early return')
    const { suspects, start } = analyse(model, read(faulty))
    expect(suspects[0]!.name).toBe(service)
    expect(Math.abs(start! - from)).toBeLessThan(20_000)
  }, 30_000)

  test('nothing is found where nothing is wrong', () => {
    const { faulty, from } = faultySystem('hang')
    const before = read(faulty).filter(({ at }) => at < from)
    expect(analyse(model, before)).toMatchObject({ found: false, suspects: [], confidence: 0 })
  }, 30_000)
})

/** Requests that two services answer in turn, four lines each. */
const shop = (change: (event: RcaEvent, request: number, step: number) => RcaEvent | undefined) => {
  const events: RcaEvent[] = []
  for (let request = 0; request < 300; request++) {
    const steps = ['front', 'front', 'stock', 'front'].map((service, step) => ({
      ...{ at: request * 1000 + step * 5, service, trace: `t${request}`, level: 'info' },
      ...{ template: `step ${step} <*>`, text: `step ${step} x`, id: `${request}.${step}` },
    }))
    steps.forEach((event, step) => {
      const changed = change(event, request, step)
      if (changed !== undefined) events.push(changed)
    })
  }
  return events
}

test('times, and readings of a gauge, are no news; a setting that is never seen otherwise is', () => {
  const values = (date: string, gauge: (n: number) => number, mode: string) =>
    shop((event, request, step) =>
      step === 1 ? { ...event, params: [date, `${gauge(request)}`, mode] } : event,
    )
  const model = learnRca(values('2026-01-05', n => 60 + (n % 5), 'mode=fast'))
  const later = analyse(
    model,
    values('2026-01-06', n => 70 + (n % 5), 'mode=fast'),
    { start: 0 },
  )
  expect(later.found).toBe(false)
  const changed = analyse(
    model,
    values('2026-01-06', n => 60 + (n % 5), 'mode=slow'),
    { start: 0 },
  )
  expect(changed.suspects[0]).toMatchObject({ name: 'front' })
  expect(changed.suspects[0]!.why).toContain('holds "slow"')
})

test('an instance is named where others of the service do well, not where it is the only one', () => {
  const named = (pods: number, pod: (request: number) => string) =>
    shop((event, request, step) => {
      const instance = event.service === 'stock' ? pod(request % pods) : 'front'
      return request >= 150 && instance === 'stock-1' && step === 2
        ? { ...event, instance, level: 'error', template: 'no room left', text: 'no room left' }
        : { ...event, instance }
    })
  const model = learnRca(shop(event => ({ ...event, instance: `${event.service}-0` })))
  const two = analyse(
    model,
    named(2, n => `stock-${n}`),
    { start: 150_000 },
  )
  expect(two.suspects[0]).toMatchObject({ name: 'stock', instance: 'stock-1' })
  const one = analyse(
    model,
    named(1, () => 'stock-1'),
    { start: 150_000 },
  )
  expect(one.suspects[0]!.name).toBe('stock')
  expect(one.suspects[0]).not.toHaveProperty('instance')
})

test('the pause of a client that calls back to back tells of a slow first line', () => {
  const model = learnRca(shop(event => event))
  // Each request of the second half begins 400 ms late, and is as fast as ever from there on.
  const late = shop((event, request) =>
    request < 150 ? event : { ...event, at: event.at + (request - 149) * 400 },
  )
  const { found, suspects } = analyse(model, late, { start: 150_000 })
  expect(found).toBe(true)
  expect(suspects[0]).toMatchObject({ name: 'front' })
  expect(suspects[0]!.why).toContain('from the end of a request')
})

test('what affected requests share and healthy ones do not is told', () => {
  const model = learnRca(shop(event => ({ ...event, params: ['zone=a'] })))
  const { parameters } = analyse(
    model,
    shop((event, request, step) => {
      const isHit = request % 3 === 0
      if (isHit && step === 2) return undefined
      return { ...event, params: [isHit ? 'tier=gold' : 'tier=free'] }
    }),
    { start: 0 },
  )
  expect(parameters![0]).toMatchObject({ name: 'tier', value: 'gold', healthy: 0, support: 1 })
  expect(parameters![0]!.evidence.length).toBeGreaterThan(0)
})

test('that affected requests pass any replica of a service is nothing that they share', () => {
  const pod = (event: RcaEvent, request: number): RcaEvent =>
    event.service === 'stock' ? { ...event, instance: `stock-${request % 4 < 2 ? 0 : 1}` } : event
  const steps = (isFaulty: boolean) =>
    shop((event, request, step) => {
      // Every other request takes another way, on which there is no stock.
      if (request % 2 > 0) return step === 2 ? undefined : { ...event, template: `other ${step}` }
      return isFaulty && step === 3 ? undefined : pod(event, request)
    })
  const report = analyse(learnRca(steps(false)), steps(true), { start: 0 })
  expect(report.suspects[0]!.name).toBe('front')
  expect(report.parameters ?? []).toEqual([])
})

test('what the first lines of a log were filed under is looked up again when all is learned', () => {
  const line = (n: number, text: string): LogLine => ({
    ...{
      text: JSON.stringify({ timestamp: 1.7e9 + n, service: 'a', level: 'info', message: text }),
    },
    ...{ source: 's', arrived: n },
  })
  const words = ['alpha', 'bravo', 'carol', 'delta', 'echos', 'fox', 'golf', 'hotel', 'india']
  const lines = Array.from({ length: 900 }, (_, n) =>
    line(n, `session ${n} switched to ${words[n % (n < 450 ? 2 : words.length)]}`),
  )
  const { model, read } = learn(lines)
  const known = new Set(model.types.map(([, template]) => template))
  for (const { template } of read(lines)) expect(known).toContain(template)
  const counted = model.types.filter(([, , count]) => count > 0).map(([, template]) => template)
  expect(new Set(read(lines).map(({ template }) => template))).toEqual(new Set(counted))
})

test('lines of nothing but spaces are neither learned nor judged', () => {
  const lines = Array.from({ length: 200 }, (_, n): LogLine => {
    const text = n % 4 > 0 ? `2026-01-05 08:00:${10 + (n % 50)} INFO job ${n} done` : ' \t'
    return { text, source: 's', arrived: n }
  })
  const { model, read } = learn(lines)
  expect(model.lines).toBe(150)
  expect(read(lines)).toHaveLength(150)
})
