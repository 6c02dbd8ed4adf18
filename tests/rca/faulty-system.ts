import {
  createSystem,
  FAMILIES,
  type FaultKind,
  planSystemFault,
  runSystem,
  toRecord,
} from '../../src/core/simulator/systems/systems.ts'
import type { LogLine } from '../../src/core/types.ts'

const START = Date.UTC(2026, 0, 5, 8)
const MINUTE = 60_000

/**
 * A small simulated system: minutes of it in which all is well, and later ones with one fault in
 * them. JSON records, in the order in which they were collected.
 */
export const faultySystem = (kind: FaultKind = 'exception', minutes = 2) => {
  const system = createSystem(FAMILIES.find(({ name }) => name === 'dev')!, 1)
  const normal = runSystem(system, { seed: 1, from: START, to: START + 12 * MINUTE })
  const from = START + 20 * MINUTE
  const to = from + minutes * MINUTE
  const { truth, prepare } = planSystemFault(system, { kind, seed: 3, from, to })!
  const window = { seed: 4, from: from - MINUTE, to: to + MINUTE / 2 }
  const faulty = runSystem(system, { ...window, prepare })
  const records = (lines: typeof normal): LogLine[] => lines.map(toRecord)
  return { normal: records(normal), faulty: records(faulty), from, service: truth.service }
}
