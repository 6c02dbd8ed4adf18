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
