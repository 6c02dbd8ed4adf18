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

interface Count {
  name: string
  value: string
  affected: number
  healthy: number
  positions: number[]
}

/**
 * Values that are over-represented among the affected traces: host, user, version, status, whatever
 * the lines hold. Told apart from chance by a likelihood ratio, corrected for all values looked at.
 */
export const parametersOf = (scene: Scene, found: readonly Evidence[]): RcaParameter[] => {
  const { frame, start, end } = scene
  const hit = new Set(found.flatMap(({ hits }) => hits.map(({ trace }) => trace)))
  const counts = new Map<string, Count>()
  let affected = 0
  let healthy = 0
  for (const group of frame.traces) {
    const at = frame.at[group[0]!]!
    if (at < start || at > end) continue
    const isHit = hit.has(frame.trace[group[0]!]!)
    if (isHit) affected++
    else healthy++
    for (const [key, { name, value, position }] of valuesOf(scene, group)) {
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
  }
  if (affected < LEAST_TRACES || healthy < LEAST_TRACES) return []
  const correction = Math.log(Math.max(1, counts.size) / 0.01)
  const told = [...counts.values()].flatMap(count => {
    const support = count.affected / affected
    const lift = support / ((count.healthy + 0.5) / (healthy + 1))
    if (count.affected < LEAST_TRACES || support < LEAST_SUPPORT || lift < LEAST_LIFT) return []
    const ratio = moreOften(count.affected, affected, count.healthy, healthy)
    return ratio > correction ? [{ count, support, lift, ratio }] : []
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
