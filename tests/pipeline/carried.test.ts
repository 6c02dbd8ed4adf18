import { beforeAll, describe, expect, test } from 'bun:test'
import { createParser } from '../../src/core/parse/parser.ts'
import type { Taught } from '../../src/core/pipeline/stream-types.ts'
import type { Bundle } from '../../src/core/store/bundle.ts'
import type { LogEvent, LogLine } from '../../src/core/types.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { learnBundle } from './simulated.ts'

const engine = localEngine()
const START = Date.UTC(2026, 0, 1)
const IDLE_MS = 60_000
const NOTHING: Taught = { sessions: [], templates: [], aliases: [] }

const requests = (count: number, from: number): LogLine[] =>
  Array.from({ length: count }, (_, i) => ({
    text: `request req-a${from + (i >> 1)}x ${i % 2 === 0 ? 'opened' : 'closed'}`,
    source: 'a',
    arrived: START + 10 * i,
  }))
const steps = (count: number, odd: number): LogLine[] =>
  Array.from({ length: count }, (_, i) => ({
    text:
      i === odd ? 'a strange thing nobody saw' : `step ${['up', 'on', 'off'][i % 3]} of job done`,
    source: 'a',
    arrived: START + 10 * i,
  }))
const placed = (lines: readonly LogLine[]) => {
  const all = lines.map((line, position) => ({ ...line, position }))
  return { all, fetch: async (at: readonly number[]) => at.map(position => all[position]) }
}
const later = (bundle: Bundle): Bundle => ({
  ...bundle,
  manifest: { ...bundle.manifest, version: 'later' },
})

let keyed: Bundle
beforeAll(async () => {
  keyed = await learnBundle(engine, requests(2000, 1000), { session: '(req-\\w+)' })
})

test('what was called normal of a kind that training did not have can be taken back', async () => {
  const fails = Array.from(
    { length: 200 },
    (_, i): LogLine => ({
      ...{ text: `disk 1 is failing now ${i}`, source: 'a', arrived: START + i },
    }),
  )
  const found = async (...said: Taught[]) => {
    const stream = await engine.stream(keyed, { idleMs: IDLE_MS, drift: false })
    await stream.feed(requests(40, 5000))
    for (const taught of said) stream.teach(taught)
    return [...(await stream.feed(fails)).anomalies, ...(await stream.end()).anomalies]
  }
  const [first, ...rest] = await found()
  const taught = { ...NOTHING, templates: [first!.lines.find(line => line.odd)!.template] }
  expect(await found(taught)).toEqual([])
  expect(await found(taught, NOTHING)).toEqual([first!, ...rest])
})

describe('another model takes over', () => {
  test('templates that count as others do so in what was open, too', async () => {
    const { all, fetch } = placed([
      ...requests(40, 7000),
      { text: 'request req-a9001x opened', source: 'a', arrived: START + 900 },
      { text: 'request req-a9001x shut', source: 'a', arrived: START + 905 },
    ])
    const plain = await engine.stream(keyed, { fetch, idleMs: IDLE_MS })
    await plain.feed(all)
    const [odd] = (await plain.end()).anomalies
    const template = odd!.lines.find(line => line.odd)!.template
    const as = plain.templates().find(({ text }) => text.includes('closed'))!.text
    const taught = { ...NOTHING, aliases: [{ template, as }] }
    const first = await engine.stream(keyed, { fetch, idleMs: IDLE_MS, taught })
    await first.feed(all)
    const state = structuredClone(first.state())
    const second = await engine.stream(later(keyed), { fetch, idleMs: IDLE_MS, taught, state })
    expect((await second.end()).anomalies).toEqual([])
  })

  test('windows that were told of are not told again, those just complete outlive a restart', async () => {
    const rule = (size: number) => ({ session: 'none', window: { by: 'count' as const, size } })
    const wide = await learnBundle(engine, steps(6000, -1), rule(100))
    const narrow = later(await learnBundle(engine, steps(6000, -1), rule(10)))
    const taken = async (count: number) => {
      const { all, fetch } = placed(steps(count, 5))
      const options = { fetch, idleMs: IDLE_MS }
      const first = await engine.stream(wide, options)
      const told = (await first.feed(all)).anomalies.length
      const state = structuredClone(first.state())
      return { told, options, next: await engine.stream(narrow, { ...options, state }) }
    }
    const whole = await taken(150)
    expect(whole.told).toBe(1)
    expect((await whole.next.feed([])).anomalies).toEqual([])
    const part = await taken(99)
    const state = JSON.parse(JSON.stringify(part.next.state()))
    const restarted = await engine.stream(narrow, { ...part.options, state })
    const live = await part.next.feed([])
    expect(live.anomalies).toHaveLength(1)
    expect(await restarted.feed([])).toEqual(live)
  })
})

test('lines that wait for their header are bounded over all sources', () => {
  const parser = createParser({ mode: 'extend' })
  const events: LogEvent[] = []
  const text = 'x'.repeat(60_000)
  for (let i = 0; i < 1000; i++) {
    parser.feed({ text, source: `s${i}`, arrived: 0 }, event => events.push(event))
  }
  expect(parser.waiting * text.length).toBeLessThanOrEqual(32 << 20)
  // The first to wait was let go first, and nothing is lost.
  expect(events[0]!.source).toBe('s0')
  parser.flush(event => events.push(event))
  expect(events).toHaveLength(1000)
})
