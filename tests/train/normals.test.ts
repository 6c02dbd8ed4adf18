import { beforeAll, expect, test } from 'bun:test'
import { createParser } from '../../src/core/parse/parser.ts'
import { teachNames, teachTemplates, withTaught } from '../../src/core/pipeline/normals.ts'
import type { Bundle } from '../../src/core/store/bundle.ts'
import type { Anomaly } from '../../src/core/types.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'

const engine = localEngine()
const { before, after } = simulatedLogs()
const lines = after.map(({ line }) => line)

const anomaliesOf = async (bundle: Bundle): Promise<Anomaly[]> => {
  const model = await engine.open(bundle, { drift: false, backend: 'wasm' })
  const first = await model.feed(lines)
  return [...first.anomalies, ...(await model.flush()).anomalies]
}
const templatesOf = ({ lines }: Anomaly): string[] => lines.map(({ template }) => template)
const isWindow = ({ session }: Anomaly): boolean => session.includes(' lines ')

let found: Anomaly[]
beforeAll(async () => {
  found = await anomaliesOf(await learnBundle(engine, before))
}, 60_000)

test('what a person called normal alarms no more after training, what is else odd still does', async () => {
  const kinds = ['new template', 'missing ending'] as const
  const taught = kinds.map(kind => found.find(a => a.kind === kind && !isWindow(a))!)
  const normals = taught.map(a => ({ kind: 'key' as const, session: templatesOf(a) }))
  const bundle = await learnBundle(engine, before, { normals })
  expect(bundle.manifest.training.taught).toMatchObject({ sessions: 2, leftOut: 0 })
  expect(bundle.manifest.training.taught).toHaveProperty('unseenTemplates', 1)
  const after = await anomaliesOf(bundle)
  const said = (list: readonly Anomaly[]) => new Set(list.map(a => templatesOf(a).join('\n')))
  const still = said(after)
  for (const text of said(taught)) expect(still.has(text)).toBe(false)
  expect(after.length).toBeGreaterThan(0.3 * found.length)
}, 60_000)

test('templates are found by text, then as the parser reads them; the rest become new ones', () => {
  const parser = createParser({ header: { format: 'none' } })
  const feed = (text: string) => parser.feed({ text, source: 's', arrived: 0 }, () => undefined)
  for (let i = 0; i < 30; i++) {
    feed(`opened door ${i}`)
    feed(`state of lamp changed from ${['on', 'off'][i % 2]} to ${['off', 'on'][i % 2]}`)
  }
  parser.flush(() => undefined)
  const snapshot = parser.snapshot()
  const idOf = new Map(snapshot.templates.templates.map(([id, text]) => [text, id]))
  const taught = teachTemplates(
    [
      { kind: 'key', session: ['opened door <*>', 'state of lamp changed from off to off'] },
      { kind: 'key', session: ['the roof is gone', 'the roof is gone'] },
    ],
    snapshot,
    undefined,
  )
  const [known, fresh] = taught.sessions
  const lamp = [...idOf].find(([text]) => text.startsWith('state of lamp'))![1]
  expect(known!.events).toEqual([idOf.get('opened door <*>')!, lamp])
  expect(taught.unseen).toBe(1)
  expect(new Set(fresh!.events).size).toBe(1)
  // A line that gives this text in serving is that template.
  const serving = createParser({ mode: 'extend', header: { format: 'none' } }, taught.snapshot)
  let id = -1
  serving.feed({ text: 'the roof is gone', source: 's', arrived: 0 }, event => {
    id = event.templateId
  })
  serving.flush(event => {
    id = event.templateId
  })
  expect(id).toBe(fresh!.events[0]!)
  expect(taught.snapshot.headers).toEqual(snapshot.headers)
})

test('sessions of names that the input never had are left out', () => {
  const normals = [
    { kind: 'key' as const, session: ['a', 'b'] },
    { kind: 'key' as const, session: ['a', 'x'] },
  ]
  expect(teachNames(normals, ['b', 'a']).sessions).toEqual([{ kind: 'key', events: [1, 0] }])
})

test('a taught session counts as if it had come a few times, on top of its own', () => {
  const set = { sequences: [[1, 2], [3]], weights: [5, 1] }
  const taught = withTaught(set, [[3], [4, 4]])
  expect(taught).toEqual({ sequences: [[1, 2], [3], [4, 4]], weights: [5, 5, 4] })
  expect(set).toEqual({ sequences: [[1, 2], [3]], weights: [5, 1] })
})
