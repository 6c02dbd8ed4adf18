import {
  type Blame,
  type Evidence,
  MOST_CITED,
  MOST_KEPT,
  newsOf,
  type Scene,
} from '../evidence.ts'
import { serviceName, templateOf } from '../frame.ts'
import { moreOften, strengthOf } from '../likelihood.ts'
import { isTime, numberOf } from '../number-text.ts'
import type { Profile, ValueProfile } from '../profile.ts'
import { shareWithNamed, tracedServices } from '../scene-names.ts'
import { slotOf } from '../value-table.ts'

interface Slot {
  type: number
  slot: string
  profile: ValueProfile
  n: number
  /** Lines with each value that normal time does not have. */
  fresh: Map<string, { positions: number[]; n: number; traces: Set<number> }>
  before: Map<string, number>
  beforeN: number
  /** Positions of numbers out of range. */
  high: number[]
  low: number[]
  beforeHigh: number
  beforeLow: number
  sum: number
  numbers: number
}

/** What the size of a change counts, as the logarithm of its ratio. */
const LEAST_EFFECT = 0.3
const MOST_EFFECT = 4
/** Slots of fewer normal lines say nothing. */
const LEAST = 5
/** Values that are followed in one slot. */
const MOST_FRESH = 50

/** Finds values that a slot never held, and numbers out of their range. */
export const findValues = (scene: Scene): Evidence[] => {
  const slots = new Map<string, Slot>()
  const { frame, profile } = scene
  for (let i = 0; i < frame.size && frame.at[i]! <= scene.end; i++) {
    const known = profile.values.get(frame.type[i]!)
    const params = frame.params[i]
    if (known === undefined || params === undefined) continue
    params.forEach((param, n) => {
      const [slot, value] = slotOf(param, n)
      const own = known.get(slot)
      if (own === undefined || own.n < LEAST || own.running || isTime(value)) return
      note(scene, slots, own, i, slot, value)
    })
  }
  const correction = Math.log(Math.max(1, slots.size))
  const all = [...slots.values()].map(slot => ({
    type: slot.type,
    found: [
      ...freshEvidence(scene, slot, correction),
      ...numberEvidence(scene, slot, 'high', correction),
      ...numberEvidence(scene, slot, 'low', correction),
    ],
  }))
  return strongest(all)
}

/** Values of one line go together: of each template the strongest finding of a kind stands for all. */
const strongest = (all: readonly { type: number; found: Evidence[] }[]): Evidence[] => {
  const best = new Map<string, Evidence>()
  for (const { type, found } of all) {
    for (const evidence of found) {
      const key = `${type} ${evidence.kind}`
      const known = best.get(key)
      if (known === undefined || evidence.strength > known.strength) best.set(key, evidence)
    }
  }
  return [...best.values()]
}

const note = (
  { frame, start }: Scene,
  slots: Map<string, Slot>,
  profile: ValueProfile,
  i: number,
  name: string,
  value: string,
): void => {
  const type = frame.type[i]!
  const key = `${type} ${name}`
  let slot = slots.get(key)
  if (slot === undefined) {
    slot = {
      ...{ type, slot: name, profile, n: 0, fresh: new Map(), before: new Map(), beforeN: 0 },
      ...{ high: [], low: [], beforeHigh: 0, beforeLow: 0, sum: 0, numbers: 0 },
    }
    slots.set(key, slot)
  }
  const now = frame.at[i]! >= start
  if (now) slot.n++
  else slot.beforeN++
  const { distinct, numbers } = profile
  if (distinct !== undefined && !distinct.has(value)) {
    if (!now) slot.before.set(value, (slot.before.get(value) ?? 0) + 1)
    else {
      let fresh = slot.fresh.get(value)
      if (fresh === undefined && slot.fresh.size < MOST_FRESH) {
        fresh = { positions: [], n: 0, traces: new Set() }
        slot.fresh.set(value, fresh)
      }
      if (fresh !== undefined) {
        fresh.n++
        if (fresh.positions.length < MOST_KEPT) fresh.positions.push(i)
        fresh.traces.add(frame.trace[i]!)
      }
    }
  }
  if (numbers === undefined || numbers.n < 0.9 * profile.n) return
  const number = numberOf(value)
  if (number === undefined) return
  if (now) slot.numbers++
  const range = rangeOf(numbers)
  if (number > range.high) {
    if (now) slot.high.push(i)
    else slot.beforeHigh++
  }
  if (number < range.low) {
    if (now) slot.low.push(i)
    else slot.beforeLow++
  }
}

/** Beyond what was seen, and by more than the spread explains. */
const rangeOf = ({ median, sd, max, min }: NonNullable<ValueProfile['numbers']>) => {
  const size = Math.abs(median)
  const factor = Math.exp(3 * sd)
  return {
    high: Math.max(max * (max > 0 ? 1.1 : 1), median >= 0 ? size * factor : -size / factor),
    low: Math.min(min * (min > 0 ? 1 / 1.1 : 1), median >= 0 ? size / factor : -size * factor),
  }
}

/** Readings of a gauge lie this close to each other. */
const CLOSE = 0.05
const LEAST_READINGS = 3

/** Whether the values are readings, of which any other may come, and not codes or sizes that are set. */
const isGauge = ({ distinct, words, n }: ValueProfile): boolean => {
  if (distinct === undefined || words > 0.1 * n || distinct.size < LEAST_READINGS) return false
  const readings = [...distinct.keys()].flatMap(text => numberOf(text) ?? []).sort((a, b) => a - b)
  const steps = readings.slice(1).map((value, i) => value - readings[i]!)
  const middle = steps.sort((a, b) => a - b)[steps.length >> 1]!
  return middle <= CLOSE * Math.abs(readings[readings.length >> 1]!)
}

/** A slot in which normal time shows new values again and again, or many, says little by one more. */
const freshEvidence = (scene: Scene, slot: Slot, correction: number): Evidence[] => {
  const { profile, fresh, n, before, beforeN } = slot
  if (profile.distinct === undefined || isGauge(profile)) return []
  const once = [...profile.distinct.values()].filter(count => count === 1).length
  return [...fresh].flatMap(([value, { positions, n: k, traces }]) => {
    const news = newsOf(k / n, { k: before.get(value) ?? 0, n: beforeN })
    const single = traces.size === 1 && k > 1
    const ratio = moreOften(k, n, once, profile.n) * (single ? 0.5 : 1) - correction
    if (ratio <= 0) return []
    const usual = [...profile.distinct!].sort(([, a], [, b]) => b - a)[0]![0]
    return [
      evidence(
        scene,
        slot,
        'value',
        positions,
        (strengthOf(ratio, k / n) * news) / (1 + Math.log2(profile.distinct!.size)),
        [
          `holds "${value}" in ${k} of ${n}, which normal time never shows (mostly "${usual}")`,
          value,
        ],
      ),
    ]
  })
}

const numberEvidence = (
  scene: Scene,
  slot: Slot,
  side: 'high' | 'low',
  correction: number,
): Evidence[] => {
  const positions = slot[side]
  const { numbers } = slot.profile
  if (positions.length === 0 || numbers === undefined) return []
  const before = { k: side === 'high' ? slot.beforeHigh : slot.beforeLow, n: slot.beforeN }
  const k = positions.length
  const ratio = moreOften(k, slot.numbers, 1, numbers.n) - correction
  if (ratio <= 0) return []
  const texts = scene.frame.params
  const typical = numberAt(texts[positions[k >> 1]!]!, slot.slot)
  const size = Math.abs(numberOf(typical) ?? 0) / Math.max(Math.abs(numbers.median), 1)
  const effect = side === 'high' ? Math.min(MOST_EFFECT, Math.max(LEAST_EFFECT, Math.log(size))) : 1
  return [
    evidence(
      scene,
      slot,
      'number',
      positions,
      strengthOf(ratio, k / slot.numbers) * newsOf(k / slot.numbers, before) * effect,
      [
        `is ${typical} (median ${numbers.median.toPrecision(3)}, at most ${numbers.max} in normal time) in ${k} of ${slot.numbers}`,
        side,
      ],
    ),
  ]
}

const numberAt = (params: readonly string[], slot: string): string =>
  params.map((param, n) => slotOf(param, n)).find(([name]) => name === slot)?.[1] ?? '?'

/** Whether the first one named works where no trace shows it. */
const isWait = (profile: Profile, [first]: Blame[]): boolean => {
  if (first === undefined || first.share === 1) return false
  const service = profile.dictionary.services.find(first.name)
  return first.kind === 'component' || service < 0 || !tracedServices(profile)(service)
}

/** A line of more values than these is a record of data, in which something is always new. */
const RECORD = 4

const evidence = (
  { profile, frame, speakers }: Scene,
  { type, slot }: Slot,
  kind: 'value' | 'number',
  positions: readonly number[],
  strength: number,
  [what, value]: [string, string],
): Evidence => {
  const { dictionary } = frame
  const own = serviceName(dictionary, dictionary.typeService[type]!)
  const template = templateOf(dictionary, type)
  const name = /^\d+$/.test(slot) ? `value ${Number(slot) + 1}` : slot
  const instances = new Map<number, { k: number; n: number }>()
  for (const i of positions) {
    const instance = frame.instance[i]!
    if (instance < 0) continue
    const count = instances.get(instance) ?? { k: 0, n: 0 }
    count.k++
    count.n++
    instances.set(instance, count)
  }
  const blame = shareWithNamed(speakers, positions, own)
  const slots = profile.values.get(type)?.size ?? 1
  return {
    kind: kind === 'number' && value === 'high' && isWait(profile, blame) ? 'wait' : kind,
    writer: own,
    key: `${kind} ${own} ${template} ${slot}${kind === 'number' ? ` ${value}` : ''}`,
    blame,
    strength: strength * Math.min(1, Math.sqrt(RECORD / slots)),
    at: frame.at[positions[0]!]!,
    positions: positions.slice(0, MOST_CITED),
    hits: positions.slice(0, MOST_KEPT).map(i => ({ at: frame.at[i]!, trace: frame.trace[i]! })),
    instances,
    what: `${name} of "${template}" of ${own} ${what}`,
  }
}
