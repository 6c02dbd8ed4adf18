import { expect, test } from 'bun:test'
import type { EventRow } from '../../src/core/input/event-rows.ts'
import { loadBundle, publishBundle } from '../../src/core/store/bundle.ts'
import { memoryStore } from '../../src/core/store/byte-store.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { madeSessions } from '../logbert/language.ts'
import { OPTIONS } from './simulated.ts'

const engine = localEngine()
const rowsOf = (sessions: readonly (readonly (number | string)[])[]): EventRow[] =>
  sessions.map((events, i) => ({ key: `s${i}`, line: i + 1, events: events.map(String) }))

const learnRows = async (epochs: number) => {
  const store = memoryStore()
  const open = async function* () {
    yield rowsOf(madeSessions(1500, 1))
  }
  const options = { ...OPTIONS, name: 'rows', epochs }
  const draft = await engine.learn({ format: 'events', open }, options, () => undefined)
  await publishBundle(store, draft)
  return loadBundle(store, 'rows')
}

const FRESH = madeSessions(300, 2)
const ODD = [
  [100, 101, 300, 301, 'panic', 900],
  [100, 101, 300],
  [900, 101, 300, 301, 100],
]

test('sequences of named events: unseen, cut off and turned round ones alarm', async () => {
  const model = await engine.open(await learnRows(0))
  const fresh = await model.feedRows(rowsOf(FRESH), 'file')
  expect(fresh.verdicts).toHaveLength(FRESH.length)
  expect(fresh.anomalies.length).toBeLessThan(4)
  const odd = await model.feedRows(rowsOf(ODD), 'file')
  expect(odd.verdicts.map(({ anomalous }) => anomalous)).toEqual([true, true, true])
  expect(odd.anomalies.map(({ kind }) => kind)).toEqual([
    'new template',
    'missing ending',
    'sequence',
  ])
  expect(odd.anomalies[0]!.lines.find(line => line.odd)).toMatchObject({ text: 'panic' })
})

test('LogBERT joins: its voices speak, and it says what it expected', async () => {
  const bundle = await learnRows(4)
  expect(bundle.model!.length).toBeGreaterThan(1000)
  expect(bundle.manifest.training.logbert).toMatchObject({ group: 'key' })
  const model = await engine.open(bundle, { backend: 'wasm' })
  const { anomalies, verdicts } = await model.feedRows(rowsOf(ODD), 'file')
  expect(verdicts[0]!.voices.map(({ name }) => name)).toContain('logbert order')
  const cut = anomalies.find(({ session }) => session === 's1')!
  expect(cut.lines.length).toBe(3)
  expect(cut.ending!.expected[0]!.p).toBeGreaterThan(0.2)
  expect(cut.ending!.surprise).toBeGreaterThan(cut.ending!.entropy!)
  await expect(engine.open({ ...bundle, model: undefined as never })).rejects.toThrow('model.onnx')
}, 60_000)

test('a model of sequences refuses log lines, and says so', async () => {
  const model = await engine.open(await learnRows(0))
  const fed = model.feed([{ text: 'hello', source: 's', arrived: 0 }])
  expect(fed).rejects.toThrow(/trained on sequences of events, the input is log lines.*--format/)
})
