import { planFaults } from '../core/simulator/fault.ts'
import { shopTopology } from '../core/simulator/shop.ts'
import { createSimulator, type Simulator } from '../core/simulator/simulator.ts'
import type { LogLine } from '../core/types.ts'
import type { LineQueue } from './line-queue.ts'

const SEED = 7
const HISTORY_MS = 15 * 60_000
/** Simulated time goes this much faster than real time, so that there is something to see. */
const SPEED = 8
const TICK_MS = 100
const REQUESTS_PER_SECOND = 5
const FAULT_EVERY_MS = 24_000
const FAULT_LENGTH_MS = 12_000
const FAULTS = 5_000

/** A system that logs for ever, first a quiet quarter of an hour to learn from, then with faults. */
export const createDemo = (now = Date.now()): { history: LogLine[]; simulator: Simulator } => {
  const topology = shopTopology()
  const start = now - HISTORY_MS
  const faults = planFaults(topology, {
    seed: SEED,
    start: now + 5_000,
    count: FAULTS,
    everyMs: FAULT_EVERY_MS,
    lengthMs: FAULT_LENGTH_MS,
  })
  const options = { seed: SEED, topology, start, ratePerSecond: REQUESTS_PER_SECOND, faults }
  const simulator = createSimulator(options)
  const history: LogLine[] = []
  while (simulator.now < now) history.push(simulator.next().line)
  return { history, simulator }
}

/** Plays the system into the queue until the signal fires; what finds no room is left out. */
export const playDemo = (
  { simulator }: { simulator: Simulator },
  queue: LineQueue,
  signal: AbortSignal,
): void => {
  const from = simulator.now
  const begun = performance.now()
  const timer = setInterval(() => {
    const until = from + SPEED * (performance.now() - begun)
    const lines: LogLine[] = []
    while (simulator.now < until) lines.push(simulator.next().line)
    queue.offer(lines)
  }, TICK_MS)
  signal.addEventListener('abort', () => clearInterval(timer))
}
