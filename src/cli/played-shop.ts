import { type Fault, planFaults } from '../core/simulator/fault.ts'
import { shopTopology } from '../core/simulator/shop.ts'
import { createSimulator, type SimulatedLine } from '../core/simulator/simulator.ts'
import type { AnomalyKind } from '../core/types.ts'

export interface ShopOptions {
  seed: number
  /** Epoch ms of simulated time. */
  start: number
  durationMs: number
  requestsPerSecond: number
  /** None when empty; the kinds take turns. */
  kinds: readonly AnomalyKind[]
  /** From one fault's start to the next; the first starts after as long. */
  faultEveryMs: number
  faultLengthMs: number
}

/** The simulated shop for a stretch of time, with what goes wrong in it. */
export interface PlayedShop {
  lines(): Generator<SimulatedLine>
  /** What was injected so far: the ground truth. */
  truth(): ShopTruth
  /** Simulated time of the latest line, epoch ms. */
  readonly now: number
}

export interface ShopTruth {
  seed: number
  /** Epoch ms of simulated time. */
  start: number
  end: number
  lines: number
  faults: Fault[]
}

export const playShop = (options: ShopOptions): PlayedShop => {
  const { seed, start, durationMs, kinds, faultEveryMs, faultLengthMs } = options
  const topology = shopTopology()
  const end = start + durationMs
  const count = kinds.length === 0 ? 0 : Math.max(0, Math.ceil(durationMs / faultEveryMs) - 1)
  const faults = planFaults(topology, {
    seed,
    start: start + faultEveryMs,
    count,
    everyMs: faultEveryMs,
    lengthMs: faultLengthMs,
    kinds,
  })
  const { requestsPerSecond: ratePerSecond } = options
  const simulator = createSimulator({ seed, topology, start, ratePerSecond, faults })
  let lines = 0
  return {
    *lines() {
      for (;;) {
        const line = simulator.next()
        if (simulator.now >= end) return
        lines++
        yield line
      }
    },
    truth: () => ({
      seed,
      start,
      end: Math.min(end, simulator.now),
      lines,
      faults: faults.filter(fault => fault.from < Math.min(end, simulator.now)),
    }),
    get now() {
      return Math.min(end, simulator.now)
    },
  }
}
