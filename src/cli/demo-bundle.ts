import { join, resolve } from 'node:path'
import process from 'node:process'
import type { Engine, LearnProgress } from '../core/pipeline/engine.ts'
import { createSimulator } from '../core/simulator/simulator.ts'
import { publishBundle } from '../core/store/bundle.ts'
import type { ByteStore } from '../core/store/byte-store.ts'
import type { Manifest } from '../core/store/manifest.ts'
import type { LogLine } from '../core/types.ts'
import { folderStore } from '../platform/files.ts'
import { localEngine } from '../serve/local-engine.ts'

const NAME = 'demo'
/** Other requests than those that `bun run demo` plays. */
const SEED = 2026
const START = Date.UTC(2026, 0, 5, 8)
const MINUTES = 60
const REQUESTS_PER_SECOND = 5
const BATCH = 1000

/** An hour of the simulated shop without faults: 194,000 lines. */
async function* cleanHour(): AsyncGenerator<LogLine[]> {
  const clean = { seed: SEED, start: START, ratePerSecond: REQUESTS_PER_SECOND }
  const simulator = createSimulator(clean)
  while (simulator.now < START + 60_000 * MINUTES) {
    yield Array.from({ length: BATCH }, () => simulator.next().line)
  }
}

/**
 * Makes the model that comes with the program, in the place of the one that is there. It knows the
 * simulated shop of `bun run demo`. All that it depends on is fixed, so that the same program makes
 * the same version on any day. Its network is small: half a minute of training, and a bundle of half
 * a megabyte, find the simulator's faults as well as the defaults do.
 */
export const makeDemoBundle = async (
  engine: Engine,
  store: ByteStore,
  tell: (progress: LearnProgress) => void,
): Promise<Manifest> => {
  const draft = await engine.learn(
    { format: 'lines', open: cleanHour },
    {
      ...{ name: NAME, session: 'auto', budget: 0.001, seed: 1 },
      ...{ epochs: 10, network: { hidden: 32, inner: 64, layers: 1 }, backend: 'wasm' },
    },
    tell,
  )
  for (const path of await store.list(`${NAME}/`)) await store.remove(path)
  return publishBundle(store, { ...draft, created: START })
}

/** `bun run demo-bundle [DIR]`: into the models of the project, or those of DIR. */
if (import.meta.main) {
  const models = process.argv[2] ?? resolve(import.meta.dirname, '../../models')
  let phase = ''
  const { name, version } = await makeDemoBundle(localEngine(), folderStore(models), told => {
    if (told.phase !== phase) process.stderr.write(`${told.phase}\n`)
    phase = told.phase
  })
  process.stdout.write(`${join(models, name, version)}\n`)
}
