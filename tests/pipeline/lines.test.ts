import { beforeAll, describe, expect, test } from 'bun:test'
import type { Detection, OpenModel } from '../../src/core/pipeline/engine.ts'
import type { Bundle } from '../../src/core/store/bundle.ts'
import type { LogLine } from '../../src/core/types.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { learnBundle, simulatedLogs } from './simulated.ts'

const engine = localEngine()
const { before, after, faults } = simulatedLogs()
const lines = after.map(({ line }) => line)
let bundle: Bundle

beforeAll(async () => {
  bundle = await learnBundle(engine, before)
})

const join = (all: readonly Detection[]): Detection => ({
  verdicts: all.flatMap(({ verdicts }) => verdicts),
  anomalies: all.flatMap(({ anomalies }) => anomalies),
})

const feedAll = async (model: OpenModel, given: readonly LogLine[], size = given.length) => {
  const found: Detection[] = []
  for (let i = 0; i < given.length; i += size) {
    found.push(await model.feed(given.slice(i, i + size)))
  }
  return join([...found, await model.flush()])
}

describe('raw lines of a simulated shop, nothing configured', () => {
  test('requests become sessions across sources', async () => {
    const { verdicts } = await feedAll(await engine.open(bundle), lines)
    const requests = new Set(after.flatMap(({ session }) => session ?? []))
    const found = new Set(verdicts.map(({ session }) => session))
    expect([...requests].filter(id => !found.has(id))).toEqual([])
  })

  test('requests that a fault hit alarm, others do not', async () => {
    const { anomalies, verdicts } = await feedAll(await engine.open(bundle), lines)
    const hit = new Set(faults.flatMap(({ sessions }) => sessions))
    expect(hit.size).toBeGreaterThan(5)
    const alarmed = new Set(anomalies.map(({ session }) => session))
    expect([...hit].filter(id => alarmed.has(id)).length).toBeGreaterThan(0.8 * hit.size)
    const wrong = [...alarmed].filter(id => !hit.has(id))
    expect(wrong.length).toBeLessThan(0.02 * verdicts.length)
  })

  test('an anomaly names its odd line, what was expected and where it stands', async () => {
    const { anomalies } = await feedAll(await engine.open(bundle), lines)
    const written = after.filter(({ fault }) => fault !== undefined)
    const hit = new Set(written.flatMap(({ session }) => session ?? []))
    const fresh = anomalies.find(a => hit.has(a.session) && a.kind === 'new template')!
    const odd = fresh.lines.filter(line => line.odd)
    expect(odd.some(({ text }) => written.some(({ line }) => line.text.includes(text)))).toBe(true)
    expect(odd[0]!.expected[0]!.p).toBeGreaterThan(0)
    expect(odd[0]!.surprise).toBeGreaterThan(2 * odd[0]!.entropy!)
    expect(fresh.lines.every(({ entropy }) => entropy! >= 0)).toBe(true)
    expect(fresh.firstSeen).toBeLessThanOrEqual(fresh.at)
    expect(fresh.model).toEqual({ name: 'shop', version: bundle.manifest.version })
    const cut = anomalies.filter(({ kind }) => kind === 'missing ending')
    expect(cut.length).toBeGreaterThan(0)
  })

  test('the same lines give the same anomalies, however they are batched', async () => {
    const whole = await feedAll(await engine.open(bundle), lines)
    const pieces = await feedAll(await engine.open(bundle), lines, 97)
    expect(pieces.anomalies).toEqual(whole.anomalies)
    expect(new Set(whole.anomalies.map(({ id }) => id)).size).toBe(whole.anomalies.length)
  })

  test('verdicts without explanations are the same verdicts', async () => {
    const { verdicts } = await feedAll(await engine.open(bundle), lines)
    const bare = await feedAll(await engine.open(bundle, { explain: false }), lines)
    expect(bare.verdicts).toEqual(verdicts)
    expect(bare.anomalies).toEqual([])
  })
})

test('the whole of training is deterministic', async () => {
  const again = await learnBundle(engine, before)
  expect(again.manifest.files).toEqual(bundle.manifest.files)
})

test('lines without any key, where training had none, alarm once for each new template', async () => {
  const keyed = before.filter(({ text }) => /[0-9a-f]{32}/.test(text))
  const model = await engine.open(await learnBundle(engine, keyed))
  const panic = (n: number): LogLine => ({ text: `kernel panic ${n}`, source: 'k', arrived: 0 })
  const { anomalies } = await feedAll(model, [panic(1), panic(2), panic(3)])
  expect(anomalies).toMatchObject([{ kind: 'new template', source: 'k' }])
  expect(anomalies[0]!.lines.map(({ odd }) => odd)).toEqual([true, true, true])
})

test('a session pattern of the user is taken, and one that matches nothing is refused', async () => {
  const given = await learnBundle(engine, before, { session: '([0-9a-f]{32})' })
  expect(given.manifest.training.sessions).toBeGreaterThan(1000)
  const none = learnBundle(engine, before, { session: 'order=(\\d+)' })
  expect(none).rejects.toThrow(/matches none of the first .* let it be found with auto/)
})

test('damaged parts are refused with what to do', async () => {
  const faults: [string, Partial<Bundle>][] = [
    ['reading the calibration failed', { calibration: { kind: 'model/0' } }],
    ['cannot read the parser snapshot', { templates: { kind: 'parser/0' } }],
    ['names of events', { calibration: withInput(bundle, 'events') }],
  ]
  for (const [message, part] of faults) {
    const fault = await engine.open({ ...bundle, ...part }).catch((error: Error) => error.message)
    expect(fault).toContain(message)
    expect(fault).toContain('train again')
  }
})

const withInput = ({ calibration }: Bundle, input: string): unknown => ({
  ...(calibration as Record<string, unknown>),
  input,
})
