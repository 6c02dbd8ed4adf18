import type { Evidence, Scene } from './evidence.ts'
import { instanceName, serviceName, templateOf } from './frame.ts'
import { moreOften } from './likelihood.ts'
import { isTime } from './number-text.ts'
import type { RcaParameter } from './types.ts'
import { slotOf } from './value-table.ts'

/** Values that are followed; more come and go with every request. */
const MOST_VALUES = 50_000
const LONGEST = 120
/** A value must stand in so many affected traces, and in so much of them. */
const LEAST_TRACES = 3
const LEAST_SUPPORT = 0.3
/** Times as common as among the healthy. */
const LEAST_LIFT = 2
const MOST_TOLD = 10
const MOST_CITED = 5

interface Held {
  affected: number
  healthy: number
}

interface Count extends Held {
  name: string
  value: string
  positions: number[]
}

/**
 * Values that are over-represented among the affected traces: host, user, version, status, whatever
 * the lines hold. Told apart from chance by a likelihood ratio, corrected for all values looked at. They
 * are so beside the other values of the same parameter: that it is there at all tells which kind of
 * trace is affected, and is told elsewhere.
 */
export const parametersOf = (scene: Scene, found: readonly Evidence[]): RcaParameter[] => {
  const { frame, start, end } = scene
  const hit = new Set(found.flatMap(({ hits }) => hits.map(({ trace }) => trace)))
  const counts = new Map<string, Count>()
  const holders = new Map<string, Held>()
  let affected = 0
  let healthy = 0
  for (const group of frame.traces) {
    const at = frame.at[group[0]!]!
    if (at < start || at > end) continue
    const isHit = hit.has(frame.trace[group[0]!]!)
    if (isHit) affected++
    else healthy++
    const values = valuesOf(scene, group)
    for (const [key, { name, value, position }] of values) {
      let count = counts.get(key)
      if (count === undefined) {
        if (counts.size >= MOST_VALUES) continue
        count = { name, value, affected: 0, healthy: 0, positions: [] }
        counts.set(key, count)
      }
      if (!isHit) count.healthy++
      else {
        count.affected++
        if (count.positions.length < MOST_CITED) count.positions.push(position)
      }
    }
    for (const name of new Set([...values.values()].map(({ name }) => name))) {
      const held = holders.get(name) ?? { affected: 0, healthy: 0 }
      if (isHit) held.affected++
      else held.healthy++
      if (held.affected + held.healthy > 1 || holders.size < MOST_VALUES) holders.set(name, held)
    }
  }
  if (affected < LEAST_TRACES || healthy < LEAST_TRACES) return []
  const correction = Math.log(Math.max(1, counts.size) / 0.01)
  const told = [...counts.values()].flatMap(count => {
    const support = count.affected / affected
    const own = holders.get(count.name)
    if (own === undefined || count.affected < LEAST_TRACES || support < LEAST_SUPPORT) return []
    const all = { affected, healthy }
    // What holds against all requests must hold against those with the same parameter.
    const lift = Math.min(liftOf(count, all), liftOf(count, own))
    const ratio = Math.min(ratioOf(count, all), ratioOf(count, own))
    return lift >= LEAST_LIFT && ratio > correction ? [{ count, support, lift, ratio }] : []
  })
  return told
    .sort((a, b) => b.ratio - a.ratio || (a.count.name < b.count.name ? -1 : 1))
    .slice(0, MOST_TOLD)
    .map(({ count, support, lift }) => ({
      ...{ name: count.name, value: count.value },
      ...{ affected: count.affected, healthy: count.healthy },
      ...{ support: round(support), lift: round(lift) },
      evidence: count.positions.map(i => frame.events?.[i]?.id ?? '').filter(id => id !== ''),
    }))
}

/** Times as common as among the healthy. */
const liftOf = (count: Held, { affected, healthy }: Held): number =>
  count.affected / affected / ((count.healthy + 0.5) / (healthy + 1))

const ratioOf = (count: Held, { affected, healthy }: Held): number =>
  moreOften(count.affected, affected, count.healthy, healthy)

const round = (value: number): number => Math.round(value * 100) / 100

interface Found {
  name: string
  value: string
  position: number
}

/** Each value of a trace once, with the first line that holds it. */
const valuesOf = ({ frame }: Scene, group: Int32Array): Map<string, Found> => {
  const { dictionary } = frame
  const values = new Map<string, Found>()
  const note = (name: string, value: string, position: number): void => {
    const key = `${name}\0${value}`
    if (!values.has(key)) values.set(key, { name, value, position })
  }
  for (const i of group) {
    const service = serviceName(dictionary, frame.service[i]!)
    const instance = frame.instance[i]!
    if (instance >= 0 && instanceName(dictionary, instance) !== service) {
      note(`instance of ${service}`, instanceName(dictionary, instance), i)
    }
    frame.params[i]?.forEach((param, n) => {
      const [slot, value] = slotOf(param, n)
      if (value === '' || value.length > LONGEST || isTime(value)) return
      const name = /^\d+$/.test(slot)
        ? `value ${n + 1} of "${templateOf(dictionary, frame.type[i]!)}" of ${service}`
        : slot
      note(name, value, i)
    })
  }
  return values
}
