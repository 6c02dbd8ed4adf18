import { analyse, learnRca } from '../../src/core/rca/rca.ts'
import type { RcaEvent } from '../../src/core/rca/types.ts'
import {
  createRenderer,
  createSystem,
  FAMILIES,
  planSystemFault,
  runSystem,
} from '../../src/core/simulator/systems/systems.ts'
import { learnLines } from './rca-readings.ts'

const START = Date.UTC(2026, 0, 5, 8)
const MINUTE = 60_000
const LINES = 100_000
const ROUNDS = 5

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`

/** Time and memory of an incident of 100,000 lines. */
export const benchCost = (): void => {
  const system = createSystem(FAMILIES[0]!, 4)
  const render = createRenderer(system)
  const training = runSystem(system, { seed: 4, from: START, to: START + 25 * MINUTE })
  const { model, read } = learnLines(training.map(render))
  const from = START + 60 * MINUTE
  const fault = planSystemFault(system, { kind: 'cpu', seed: 1, from, to: from + 90 * MINUTE })!
  const lines = runSystem(system, {
    ...{ seed: 9, from: from - 5 * MINUTE, to: from + 90 * MINUTE },
    prepare: fault.prepare,
  }).map(render)
  const began = performance.now()
  const events = read(lines.slice(0, LINES))
  const parsed = performance.now() - began
  console.log(`\n  ${events.length} lines of ${system.name} parsed in ${parsed.toFixed(0)} ms`)
  const times: number[] = []
  Bun.gc(true)
  const before = process.memoryUsage().rss
  let most = before
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now()
    const { found } = analyse(model, events)
    times.push(performance.now() - start)
    most = Math.max(most, process.memoryUsage().rss)
    if (!found) console.log('  nothing was found')
  }
  times.sort((a, b) => a - b)
  console.log(
    `  analysis: median ${times[ROUNDS >> 1]!.toFixed(0)} ms, worst ${times.at(-1)!.toFixed(0)} ms, ` +
      `${megabytes(most - before)} more memory; model ${JSON.stringify(model).length >> 10} kB`,
  )
  const learning = performance.now()
  learnRca(events as RcaEvent[])
  console.log(`  learning from as many lines: ${(performance.now() - learning).toFixed(0)} ms`)
}
