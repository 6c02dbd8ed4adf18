import type { Engine, LearnOptions } from '../../src/core/pipeline/engine.ts'
import { planFaults } from '../../src/core/simulator/fault.ts'
import { createSimulator, type SimulatedLine } from '../../src/core/simulator/simulator.ts'
import { type Bundle, loadBundle, publishBundle } from '../../src/core/store/bundle.ts'
import { memoryStore } from '../../src/core/store/byte-store.ts'
import type { LogLine } from '../../src/core/types.ts'

const START = Date.UTC(2026, 0, 5, 8)
const MINUTE = 60_000

/** Ten clean minutes of a simulated shop, then two more with one fault of each kind given. */
export const simulatedLogs = (kinds = ['new template', 'missing ending'] as const) => {
  const start = START + 11 * MINUTE
  const plan = { seed: 5, start, everyMs: 60_000, lengthMs: 40_000, share: 0.5 }
  const topology = createSimulator({ seed: 5 }).topology
  const faults = planFaults(topology, { ...plan, count: kinds.length, kinds })
  const simulator = createSimulator({ seed: 5, start: START, ratePerSecond: 3, faults })
  const until = (minutes: number): SimulatedLine[] => {
    const lines: SimulatedLine[] = []
    while (simulator.now < START + minutes * MINUTE) lines.push(simulator.next())
    return lines
  }
  const before = until(10).map(({ line }) => line)
  const after = until(13)
  return { before, after, faults: simulator.faults }
}

export const OPTIONS: LearnOptions = {
  name: 'shop',
  session: 'auto',
  budget: 0.001,
  seed: 1,
  epochs: 0,
  backend: 'wasm',
}

/** Learns from lines and publishes to memory, as train does to a folder. */
export const learnBundle = async (
  engine: Engine,
  lines: readonly LogLine[],
  options: Partial<LearnOptions> = {},
): Promise<Bundle> => {
  const store = memoryStore()
  const open = async function* () {
    yield [...lines]
  }
  const draft = await engine.learn(
    { format: 'lines', open },
    { ...OPTIONS, ...options },
    () => undefined,
  )
  await publishBundle(store, { ...draft, created: START })
  return loadBundle(store, draft.name)
}
