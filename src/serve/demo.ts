import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BusMessage } from '../bus/bus.ts'
import type { Config } from '../config.ts'
import { planFaults } from '../core/simulator/fault.ts'
import { shopTopology } from '../core/simulator/shop.ts'
import { createSimulator, type Simulator } from '../core/simulator/simulator.ts'
import { DEMO_MODEL } from './pipeline/served.ts'

/** With this one, incidents open every few seconds from the start. */
const SEED = 3
/** Simulated time goes this much faster than real time, so that there is something to see. */
const SPEED = 8
const TICK_MS = 100
const MOST_LINES = 2_000
const REQUESTS_PER_SECOND = 5
/** The first fault begins so soon, in simulated time. */
const FIRST_FAULT_MS = 5_000
const FAULT_EVERY_MS = 24_000
const FAULT_LENGTH_MS = 12_000
const FAULTS = 5_000

/** The configuration with a data folder of its own and the demo's model, at the demo's speed. */
export const demoConfig = ({ registry, ...config }: Config, data: string): Config => ({
  ...config,
  // The demo's model comes with the program, in the folder of models.
  registry: { pollSeconds: registry.pollSeconds },
  paths: { ...config.paths, data },
  model: { ...config.model, name: DEMO_MODEL },
  // Trouble is over sooner, too, where time goes faster.
  incidents: { ...config.incidents, gapSeconds: config.incidents.gapSeconds / SPEED },
})

/** A shop of many services that logs for ever, with faults of each kind in turn. */
export const createDemo = (now = Date.now()): Simulator => {
  const topology = shopTopology()
  const faults = planFaults(topology, {
    seed: SEED,
    start: now + FIRST_FAULT_MS,
    count: FAULTS,
    everyMs: FAULT_EVERY_MS,
    lengthMs: FAULT_LENGTH_MS,
  })
  const traffic = { seed: SEED, topology, start: now, ratePerSecond: REQUESTS_PER_SECOND }
  return createSimulator({ ...traffic, faults })
}

/**
 * Plays the system until the signal fires. Who takes the lines may refuse them: what finds no room
 * is left out.
 */
export const playDemo = (
  simulator: Simulator,
  publish: (lines: readonly BusMessage[]) => Promise<void>,
  signal: AbortSignal,
): void => {
  const from = simulator.now
  const begun = performance.now()
  const timer = setInterval(() => {
    const until = from + SPEED * (performance.now() - begun)
    const lines: BusMessage[] = []
    // After a sleep of the machine it catches up a little at a time.
    while (simulator.now < until && lines.length < MOST_LINES) lines.push(simulator.next().line)
    void publish(lines).catch(() => undefined)
  }, TICK_MS)
  signal.addEventListener('abort', () => clearInterval(timer))
}

/** A data folder that is gone with the demo: what is played is not mixed with what is real. */
export const demoFolder = async (): Promise<{ path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'logbert-demo-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
