import type { Engine } from '../../src/core/pipeline/engine.ts'
import { planFaults } from '../../src/core/simulator/fault.ts'
import { createTopology } from '../../src/core/simulator/generated.ts'
import { shopTopology } from '../../src/core/simulator/shop.ts'
import { createSimulator, type SimulatedLine } from '../../src/core/simulator/simulator.ts'
import { loadBundle, publishBundle } from '../../src/core/store/bundle.ts'
import { memoryStore } from '../../src/core/store/byte-store.ts'
import type { Anomaly } from '../../src/core/types.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import type { Bench } from './bench.ts'

const START = Date.UTC(2026, 0, 5, 8)
const TRAINING_MS = 60 * 60_000
const FAULT_EVERY_MS = 60_000
const FAULT_LENGTH_MS = 20_000
const FAULTS = 28
const BUDGET = 0.001

interface Outcome {
  name: string
  clean: number
  falseAlarms: number
  /** Faults of each kind: [noticed, all]; a fault is noticed when an anomaly overlaps it in time. */
  noticed: Map<string, [number, number]>
  /** Sessions that a fault hit: [alarmed, all]. */
  hit: Map<string, [number, number]>
}

const one = async (seed: number, engine: Engine, epochs: number): Promise<Outcome> => {
  const topology = seed === 0 ? shopTopology() : createTopology(seed)
  const faultStart = START + TRAINING_MS + 120_000
  const plan = { seed, start: faultStart, count: FAULTS, lengthMs: FAULT_LENGTH_MS }
  const faults = planFaults(topology, { ...plan, everyMs: FAULT_EVERY_MS })
  const simulator = createSimulator({ seed, topology, start: START, faults, ratePerSecond: 3 })
  const before: SimulatedLine[] = []
  const after: SimulatedLine[] = []
  while (simulator.now < START + TRAINING_MS) before.push(simulator.next())
  while (simulator.now < faultStart + FAULTS * FAULT_EVERY_MS) after.push(simulator.next())
  const store = memoryStore()
  const draft = await engine.learn(
    {
      format: 'lines',
      open: async function* () {
        yield before.map(({ line }) => line)
      },
    },
    { name: 'sim', session: 'auto', budget: BUDGET, seed, epochs, backend: 'wasm' },
    () => undefined,
  )
  await publishBundle(store, draft)
  const model = await engine.stream(await loadBundle(store, 'sim'), { idleMs: 30_000 })
  const found = await model.feed(after.map(({ line }) => line))
  const rest = await model.end()
  const verdicts = [...found.verdicts, ...rest.verdicts]
  const anomalies: Anomaly[] = [...found.anomalies, ...rest.anomalies]
  const faulty = new Set(faults.flatMap(({ sessions }) => sessions))
  const alarmed = new Set(anomalies.map(({ session }) => session))
  const overlaps = (a: Anomaly, from: number, to: number): boolean =>
    a.firstSeen < to + 5_000 && a.lastSeen >= from
  const clean = verdicts.filter(({ session }) => !faulty.has(session))
  const apart = anomalies.filter(
    a => !faulty.has(a.session) && !faults.some(({ from, to }) => overlaps(a, from, to)),
  )
  const noticed = new Map<string, [number, number]>()
  const hit = new Map<string, [number, number]>()
  for (const fault of simulator.faults) {
    const seen = noticed.get(fault.kind) ?? [0, 0]
    const sessions = hit.get(fault.kind) ?? [0, 0]
    seen[0] += anomalies.some(
      a => fault.sessions.includes(a.session) || overlaps(a, fault.from, fault.to),
    )
      ? 1
      : 0
    seen[1] += 1
    sessions[0] += fault.sessions.filter(session => alarmed.has(session)).length
    sessions[1] += fault.sessions.length
    noticed.set(fault.kind, seen)
    hit.set(fault.kind, sessions)
  }
  return { name: topology.name, clean: clean.length, falseAlarms: apart.length, noticed, hit }
}

export const bench: Bench = {
  name: 'simulated',
  about:
    'raw lines of simulated systems, end to end: false alarms, faults noticed; args: seeds, epochs',
  async run([seeds = '6', epochs = '0']) {
    const engine = localEngine()
    for (let seed = 0; seed < Number(seeds); seed++) {
      const { name, clean, falseAlarms, noticed, hit } = await one(seed, engine, Number(epochs))
      const share = (100 * falseAlarms) / Math.max(1, clean)
      console.log(
        `${name}: ${falseAlarms} alarms apart from faults on ${clean} sessions (${share.toFixed(2)} %)`,
      )
      for (const [kind, [seen, all]] of noticed) {
        const [alarmed, sessions] = hit.get(kind)!
        console.log(
          `  ${kind.padEnd(16)} faults noticed ${seen}/${all}, sessions ${alarmed}/${sessions}`,
        )
      }
    }
  },
}
