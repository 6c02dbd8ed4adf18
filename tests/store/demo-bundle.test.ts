import { expect, test } from 'bun:test'
import { resolve } from 'node:path'
import { flowOf } from '../../src/core/rca/flow.ts'
import { type RcaModel, readModel } from '../../src/core/rca/model.ts'
import { type Fault, planFaults } from '../../src/core/simulator/fault.ts'
import { shopTopology } from '../../src/core/simulator/shop.ts'
import { createSimulator } from '../../src/core/simulator/simulator.ts'
import { loadBundle } from '../../src/core/store/bundle.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import type { AnomalyKind, LogLine } from '../../src/core/types.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'

const store = folderStore(resolve(import.meta.dir, '../../models'))
const START = Date.UTC(2026, 5, 1, 12)
const MINUTE = 60_000

/** Sessions of the shop that were seen, and those found odd. */
const watch = async (minutes: number, seed: number, faults: Fault[] = []) => {
  const stream = await localEngine().stream(await loadBundle(store, 'demo'), {
    idleMs: 30_000,
    backend: 'wasm',
  })
  const simulator = createSimulator({ seed, start: START, ratePerSecond: 5, faults })
  const lines: LogLine[] = []
  while (simulator.now < START + minutes * MINUTE) lines.push(simulator.next().line)
  const parts = [await stream.feed(lines), await stream.end()]
  const verdicts = parts.flatMap(part => part.verdicts)
  const odd = new Set(verdicts.filter(({ anomalous }) => anomalous).map(({ session }) => session))
  return { seen: verdicts.length, odd, anomalies: parts.flatMap(part => part.anomalies) }
}

test('the model that is shipped is one whole, small version with a network', async () => {
  const versions = await createRegistry(store).list('demo')
  expect(versions.map(({ channels }) => channels)).toEqual([['latest']])
  const { manifest, model, rca } = await loadBundle(store, 'demo')
  expect(model!.length).toBeGreaterThan(10_000)
  const sizes = Object.values(manifest.files).map(file => file.bytes)
  expect(sizes.reduce((a, b) => a + b)).toBeLessThan(1_500_000)
  // Of the form that this version of root-cause analysis reads.
  expect(flowOf(readModel(rca as RcaModel), 40).services.length).toBeGreaterThan(5)
  const paths = await store.list('demo/')
  expect(paths.length).toBe(Object.keys(manifest.files).length + 2)
})

test('it is quiet on clean traffic that it has not seen', async () => {
  const { seen, odd } = await watch(10, 41)
  expect(seen).toBeGreaterThan(2_500)
  expect(odd.size / seen).toBeLessThan(0.002)
}, 60_000)

test('it finds the faults of the demo, and explains them', async () => {
  // What a flood or a number out of range does is not in the order and count of templates.
  const kinds: AnomalyKind[] = ['new template', 'sequence', 'missing ending', 'count', 'silence']
  const faults = planFaults(shopTopology(), {
    ...{ seed: 21, start: START + MINUTE, count: 15, everyMs: 24_000, lengthMs: 12_000 },
    kinds,
  })
  const { odd, anomalies } = await watch(8, 21, faults)
  const share = (kind: AnomalyKind): number => {
    const hit = faults.filter(fault => fault.kind === kind).flatMap(fault => fault.sessions)
    return hit.filter(session => odd.has(session)).length / hit.length
  }
  expect(share('new template')).toBe(1)
  expect(share('count')).toBeGreaterThan(0.9)
  expect(share('sequence')).toBeGreaterThan(0.7)
  expect(share('missing ending')).toBeGreaterThan(0.8)
  expect(share('silence')).toBeGreaterThan(0.7)
  const hits = new Set(faults.flatMap(fault => fault.sessions))
  const others = [...odd].filter(session => !hits.has(session))
  expect(others.length).toBeLessThan(odd.size / 10)
  const told = anomalies.find(({ kind }) => kind === 'new template')!
  expect(told.lines.some(line => line.odd && line.expected.length > 0)).toBe(true)
}, 60_000)
