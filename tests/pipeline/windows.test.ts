import { expect, test } from 'bun:test'
import type { Detection, OpenModel } from '../../src/core/pipeline/engine.ts'
import type { LogLine } from '../../src/core/types.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { learnBundle } from './simulated.ts'

const engine = localEngine()
const START = Date.UTC(2026, 0, 5, 8)

/** A quiet loop of a poller: three steps, one a second. */
const poller = (count: number, from: number, source = 'app'): LogLine[] =>
  Array.from({ length: count }, (_, i) => ({
    text: `${new Date(START + (from + i) * 1000).toISOString()} INFO ${['poll queue', 'take job', 'work done'][i % 3]}`,
    source,
    arrived: 0,
  }))

const stuck = (count: number, from: number): LogLine[] =>
  poller(count, from).map(line => ({
    ...line,
    text: line.text.replace(/take job|work done/, 'poll queue'),
  }))

const all = async (model: OpenModel, lines: readonly LogLine[], size = 5000) => {
  const found: Detection[] = []
  for (let i = 0; i < lines.length; i += size)
    found.push(await model.feed(lines.slice(i, i + size)))
  found.push(await model.flush())
  return found.flatMap(({ anomalies }) => anomalies)
}

test('windows of time alarm for what happens in them, and all of them are learned from', async () => {
  const window = { by: 'time', size: 60_000 } as const
  const bundle = await learnBundle(engine, poller(6000, 0), { session: 'none', window })
  expect(bundle.manifest.training.windows).toBe(100)
  const lines = [...poller(600, 7200), ...stuck(240, 7800), ...poller(600, 8040)]
  const found = await all(await engine.open(bundle), lines)
  expect(found.length).toBeGreaterThan(2)
  expect(found.length).toBeLessThan(8)
})

test('short streams are learned from as well: their own lines do not alarm', async () => {
  const boot = Array.from({ length: 15 }, (_, i) => ({
    text: `boot step ${['firmware', 'kernel', 'ready'][i % 3]} reached`,
    source: `boot-${i >> 2}`,
    arrived: 0,
  }))
  const lines = [...poller(3000, 0), ...boot]
  const bundle = await learnBundle(engine, lines, { session: 'none' })
  expect(await all(await engine.open(bundle), lines)).toEqual([])
})

test('what is told of a new regime does not depend on how the log is read', async () => {
  const bundle = await learnBundle(engine, poller(6000, 0), { session: 'none' })
  const lines = [...poller(600, 7000), ...stuck(5000, 7600)]
  const whole = await all(await engine.open(bundle), lines)
  const pieces = await all(await engine.open(bundle), lines, 7)
  expect(pieces).toEqual(whole)
  expect(whole.some(({ regime }) => regime !== undefined)).toBe(true)
})

test('a source that dies is judged while another one writes on', async () => {
  const keyed = (count: number, from: number, source: string): LogLine[] =>
    Array.from({ length: count }, (_, i) => ({
      text: `request req-${source}${from + (i >> 1)}x ${i % 2 === 0 ? 'opened' : 'closed'}`,
      source,
      arrived: 0,
    }))
  const training = [...keyed(1000, 1000, 'a'), ...keyed(1000, 1000, 'b')]
  const options = { session: '(req-\\w+)' }
  const model = await engine.open(await learnBundle(engine, training, options), { idleMs: 300 })
  const dead = keyed(41, 5000, 'a')
  await model.feed(dead)
  const ended: string[] = []
  for (let i = 0; ended.length === 0 && i < 40; i++) {
    await Bun.sleep(100)
    const { verdicts } = await model.feed(keyed(2, 6000 + i, 'b'))
    ended.push(...verdicts.filter(({ source }) => source === 'a').map(({ session }) => session))
  }
  expect(ended).toContain('req-a5020x')
}, 20_000)
