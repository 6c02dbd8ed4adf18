import { pairKey } from './follow-table.ts'
import type { Frame } from './frame.ts'
import type { Profile } from './profile.ts'

/** How much came, and how much was to be expected from the traffic and the time that passed. */
export interface Activity {
  /** By type: lines of traces, and expected; variance of the expectation. */
  flows: Map<number, { observed: number; expected: number; variance: number; first: number }>
  /** By type: lines without trace. */
  times: Map<number, { observed: number; expected: number; phi: number }>
  /** Share of the expected lines that each service wrote. */
  alive(service: number): number
  /** The same of the lines that it writes by itself; half where it writes none. */
  beating(service: number): number
}

/** Fewer lines to be expected say nothing. */
const LEAST_BEATS = 3

/** A trace that may still be running is not counted. */
export const runningMs = (profile: Profile): number => {
  const waits = [...profile.rules.traces.values()].map(rule => rule.wait).sort((a, b) => a - b)
  return waits.length === 0 ? 0 : waits[Math.floor(waits.length * 0.95)]!
}

export const activityOf = (
  profile: Profile,
  frame: Frame,
  start: number,
  end: number,
): Activity => {
  const flows = flowsOf(profile, frame, start, end)
  const times = timesOf(profile, frame, start, end)
  const services = new Map<number, { observed: number; expected: number }>()
  const { typeService } = profile.dictionary
  for (const part of [flows, times]) {
    for (const [type, { observed, expected }] of part) {
      const service = services.get(typeService[type]!) ?? { observed: 0, expected: 0 }
      service.observed += Math.min(observed, expected)
      service.expected += expected
      services.set(typeService[type]!, service)
    }
  }
  return {
    flows,
    times,
    beating(service) {
      let observed = 0
      let expected = 0
      for (const [type, time] of times) {
        if (typeService[type] !== service || !profile.types.has(type)) continue
        observed += Math.min(time.observed, time.expected)
        expected += time.expected
      }
      return expected < LEAST_BEATS ? 0.5 : observed / expected
    },
    alive(service) {
      const { observed, expected } = services.get(service) ?? { observed: 0, expected: 0 }
      return expected === 0 ? 1 : (observed + 0.5) / (expected + 0.5)
    },
  }
}

const flowsOf = (
  profile: Profile,
  { traces, at, type }: Frame,
  start: number,
  end: number,
): Activity['flows'] => {
  const running = runningMs(profile)
  const roots = new Map<number, number>()
  const flows: Activity['flows'] = new Map()
  for (const group of traces) {
    const root = type[group[0]!]!
    const begin = at[group[0]!]!
    if (begin < start || begin > end - running || !profile.roots.has(root)) continue
    roots.set(root, (roots.get(root) ?? 0) + 1)
    for (const i of group) {
      const flow = flows.get(type[i]!) ?? { observed: 0, expected: 0, variance: 0, first: at[i]! }
      flow.observed++
      flow.first = Math.min(flow.first, at[i]!)
      flows.set(type[i]!, flow)
    }
  }
  const base = pairKey(1, 0)
  for (const [key, { mean, phi }] of profile.flows) {
    const n = roots.get(Math.floor(key / base))
    if (n === undefined) continue
    const own = key % base
    const flow = flows.get(own) ?? { observed: 0, expected: 0, variance: 0, first: start }
    flow.expected += n * mean
    flow.variance += n * mean * phi
    flows.set(own, flow)
  }
  return flows
}

const timesOf = (
  profile: Profile,
  { streams, at, type }: Frame,
  start: number,
  end: number,
): Activity['times'] => {
  const bins = (end - start) / profile.binMs
  const times: Activity['times'] = new Map()
  for (const [own, { mean, phi }] of profile.times) {
    times.set(own, { observed: 0, expected: mean * bins, phi })
  }
  for (const stream of streams) {
    for (const i of stream) {
      if (at[i]! < start || at[i]! > end) continue
      const time = times.get(type[i]!) ?? { observed: 0, expected: 0, phi: 1 }
      time.observed++
      times.set(type[i]!, time)
    }
  }
  return times
}
