import { type Elsewhere, type GapRates, MOST_KEPT, type Scene } from '../evidence.ts'
import { INSIDE, PAUSE } from '../gap-table.ts'
import type { SlowGap } from './slow-words.ts'

/** Gaps between two services, or between two of their lines, in one incident. */
export interface SlowGroup {
  key: string
  from: number
  to: number
  kind: number
  /** Steps of the two lines, where the group is one pair of them. */
  steps?: [number, number]
  n: number
  k: number
  /** Cases in normal time that it is compared with. */
  normal: number
  before: { k: number; n: number }
  slow: SlowGap[]
  /** Sum of the logarithms of how far each went beyond what is still normal. */
  beyond: number
  /** What a trace usually takes, ms. */
  traceMs: number
  traces: Set<number>
  instances: Map<number, { k: number; n: number }>
}

/** No gap alone decides, in nats. */
const MOST_BEYOND = 5

export const groupOf = (
  groups: Map<string, SlowGroup>,
  key: string,
  from: number,
  to: number,
  kind: number,
  traceMs: number,
): SlowGroup => {
  let group = groups.get(key)
  if (group === undefined) {
    group = {
      ...{ key, from, to, kind, n: 0, k: 0, normal: 0, before: { k: 0, n: 0 }, slow: [] },
      ...{ beyond: 0, traceMs },
      ...{ traces: new Set(), instances: new Map() },
    }
    groups.set(key, group)
  }
  return group
}

export const noteGap = (
  { frame }: Scene,
  group: SlowGroup,
  gap: SlowGap,
  beyond: number,
  start: number,
): void => {
  const slow = beyond > 0
  if (frame.at[gap.to]! < start) {
    group.before.n++
    if (slow) group.before.k++
    return
  }
  group.n++
  const instance = frame.instance[group.kind === INSIDE ? gap.from : gap.to]!
  if (instance >= 0) {
    const count = group.instances.get(instance) ?? { k: 0, n: 0 }
    count.n++
    if (slow) count.k++
    group.instances.set(instance, count)
  }
  if (!slow) return
  group.k++
  group.beyond += Math.min(MOST_BEYOND, beyond)
  if (group.slow.length < MOST_KEPT) group.slow.push(gap)
  if (group.traces.size < MOST_KEPT) group.traces.add(frame.trace[gap.to]!)
}

/** How many gaps are slow, by service. */
export const ratesOf = (groups: Map<string, SlowGroup>): Map<number, GapRates> => {
  const rates = new Map<number, GapRates>()
  const of = (service: number): GapRates => {
    const known = rates.get(service) ?? { insideK: 0, insideN: 0, linkK: 0, linkN: 0 }
    rates.set(service, known)
    return known
  }
  for (const { steps, kind, from, to, k, n } of groups.values()) {
    if (steps !== undefined || kind === PAUSE) continue
    if (kind === INSIDE) {
      of(from).insideK += k
      of(from).insideN += n
    } else {
      for (const end of [from, to]) {
        of(end).linkK += k
        of(end).linkN += n
      }
    }
  }
  return rates
}

/** Share of slow gaps, of the same kind, of each end of a link with others than the other end. */
export const elsewhere = (
  groups: Map<string, SlowGroup>,
  { from, to, kind }: SlowGroup,
): Elsewhere => {
  const rest = { from: { k: 0, n: 0 }, to: { k: 0, n: 0 } }
  for (const group of groups.values()) {
    if (group.steps !== undefined || group.kind !== kind) continue
    const side =
      group.from === from && group.to !== to
        ? rest.from
        : group.to === to && group.from !== from
          ? rest.to
          : undefined
    if (side === undefined) continue
    side.k += group.k
    side.n += group.n
  }
  // Laplace's rule: half where nothing is known.
  return {
    from: (rest.from.k + 1) / (rest.from.n + 2),
    to: (rest.to.k + 1) / (rest.to.n + 2),
  }
}
