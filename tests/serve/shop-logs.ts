import { planFaults } from '../../src/core/simulator/fault.ts'
import { createSimulator } from '../../src/core/simulator/simulator.ts'
import type { LogLine } from '../../src/core/types.ts'
import { later } from './versions.ts'

const MINUTE = 60_000
const STEP = 100 * MINUTE
const START = Date.UTC(2026, 0, 5, 8)

/**
 * The same three minutes of the shop, with the same faults in the same requests, each time a while
 * later; and then some lines after which all of it is over.
 */
export const shopLogs = (time: number, first = START): LogLine[] => {
  const start = first + time * STEP
  const plan = {
    seed: 5,
    start: start + 11 * MINUTE,
    everyMs: MINUTE,
    lengthMs: 40_000,
    share: 0.5,
  }
  const { topology } = createSimulator({ seed: 5 })
  const faults = planFaults(topology, {
    ...plan,
    count: 2,
    kinds: ['new template', 'missing ending'],
  })
  const simulator = createSimulator({ seed: 5, start, ratePerSecond: 3, faults })
  const lines: LogLine[] = []
  while (simulator.now < start + 13 * MINUTE) {
    const { line } = simulator.next()
    if (line.arrived >= start + 10 * MINUTE) lines.push(line)
  }
  return [...lines, ...later(lines)]
}
