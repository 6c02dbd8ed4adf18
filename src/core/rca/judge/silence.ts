import type { Evidence, Scene } from '../evidence.ts'
import { pairKey } from '../follow-table.ts'
import { instanceName, serviceName, templateOf } from '../frame.ts'
import type { Spread } from '../histogram.ts'
import { moreThan, strengthOf } from '../likelihood.ts'

/** Fewer intervals say nothing about the longest one. */
const LEAST_INTERVALS = 8

/** Finds lines that come by themselves and stopped, and instances that get no requests. */
export const findSilence = (scene: Scene): Evidence[] => [
  ...silentBeats(scene),
  ...idleInstances(scene),
]

/** Positions of the lines of each beat, by instance (−1 where there is none). */
const beatsOf = ({ profile, frame }: Scene): Map<number, Map<number, number[]>> => {
  const beats = new Map<number, Map<number, number[]>>()
  for (const [type, spread] of profile.beats) if (isBeat(spread)) beats.set(type, new Map())
  for (const stream of frame.streams) {
    for (const i of stream) {
      const places = beats.get(frame.type[i]!)
      if (places === undefined) continue
      const positions = places.get(frame.instance[i]!)
      if (positions === undefined) places.set(frame.instance[i]!, [i])
      else positions.push(i)
    }
  }
  return beats
}

/** A beat is looked for in the service as a whole, and in each instance that is at work. */
const silentBeats = (scene: Scene): Evidence[] => {
  const { profile } = scene
  const { dictionary } = profile
  const beats = beatsOf(scene)
  const working = new Set(
    [...profile.visits.keys(), ...profile.recent, ...scene.frame.instance].filter(
      instance => instance >= 0 && isExpected(scene, instance),
    ),
  )
  return [...beats].flatMap(([type, places]) => {
    const service = dictionary.typeService[type]!
    const name = serviceName(dictionary, service)
    const template = templateOf(dictionary, type)
    const spread = profile.beats.get(type)!
    const all = [...places.values()].flat().sort((a, b) => a - b)
    const about = (where: string) => ({
      key: `silence ${where} ${template}`,
      what: `"${template}" of ${where} did not come`,
      name,
    })
    const whole = quiet(scene, all, spread, beats.size, about(name))
    if (whole.length > 0) return whole
    const own = [...working].filter(
      instance =>
        dictionary.instanceService[instance] === service &&
        profile.writes.has(pairKey(instance, type)),
    )
    return own.flatMap(instance =>
      quiet(
        ...([scene, places.get(instance) ?? [], spread, beats.size] as const),
        about(instanceName(dictionary, instance)),
      ).map(each => ({ ...each, instances: new Map([[instance, { k: 1, n: 1 }]]) })),
    )
  })
}

/** Lines that come by a clock: their intervals vary by less than they would by chance. */
const isBeat = ({ n, median, sd, max }: Spread): boolean =>
  n >= LEAST_INTERVALS && sd < 0.5 && max < 4 * median

/** Instances come and go: one is missed only where it, or its whole generation, is at work. */
const isExpected = ({ profile, frame }: Scene, instance: number): boolean => {
  if (frame.instance.includes(instance)) return true
  if (!profile.recent.has(instance)) return false
  const service = profile.dictionary.instanceService[instance]!
  for (let i = 0; i < frame.size; i++) {
    if (frame.service[i] !== service || frame.instance[i]! < 0) continue
    if (!profile.recent.has(frame.instance[i]!)) return false
  }
  return true
}

/** A silence is looked for at this many places at least. */
const LEAST_PLACES = 10
/** The longest pause of normal time is no measure for one not much longer. */
const LONGER = 1.5

/**
 * The longest stretch of the incident without a line. Chance of one as long: that of beating the
 * longest of n intervals, and from there on falling with the mean interval.
 */
const quiet = (
  { frame, start, end }: Scene,
  positions: readonly number[],
  { n, max, mean }: Spread,
  places: number,
  about: { key: string; what: string; name: string },
): Evidence[] => {
  if (n < LEAST_INTERVALS) return []
  let last = -1
  let longest = { last: -1, from: start, ms: 0, ended: false }
  let from = start
  const close = (to: number, ended: boolean): void => {
    if (to - from > longest.ms) longest = { last, from, ms: to - from, ended }
  }
  for (const i of positions) {
    if (frame.at[i]! > end) break
    if (frame.at[i]! > start) {
      close(frame.at[i]!, true)
      from = frame.at[i]!
    }
    last = i
  }
  close(end, false)
  const { ms } = longest
  if (ms < LONGER * max) return []
  const looked = Math.max(LEAST_PLACES, places) * Math.max(1, (end - start) / Math.max(1, max))
  const ratio = Math.log(n + 1) + (ms - max) / Math.max(1, mean) - Math.log(looked)
  if (ratio <= 0) return []
  return [
    {
      kind: 'silence',
      key: about.key,
      blame: [{ name: about.name, kind: 'service', share: 1 }],
      strength: strengthOf(ratio, 1),
      at: longest.from,
      positions: longest.last < 0 ? [] : [longest.last],
      hits: missed(longest.from, ms, mean),
      what: `${about.what} for ${(ms / 1000).toFixed(1)} s${longest.ended ? '' : ', to the end'}`,
    },
  ]
}

/** Moments at which a line was to be expected: a bounded sample. */
const missed = (from: number, ms: number, mean: number): Evidence['hits'] => {
  const count = Math.max(1, Math.min(20, Math.floor(ms / Math.max(1, mean))))
  return Array.from({ length: count }, (_, i) => ({ at: from + (i * ms) / count, trace: -1 }))
}

/** Instances that get fewer requests than their share, as their replicas do get theirs. */
const idleInstances = (scene: Scene): Evidence[] => {
  const { profile, frame, start, end } = scene
  const { dictionary } = profile
  const now = new Map<number, number>()
  const all = new Map<number, number>()
  const last = new Map<number, number>()
  for (const trace of frame.traces) {
    const came = new Set<number>()
    for (const i of trace) {
      const instance = frame.instance[i]!
      if (instance < 0) continue
      if (i > (last.get(instance) ?? -1)) last.set(instance, i)
      if (frame.at[i]! < start || frame.at[i]! > end || came.has(instance)) continue
      came.add(instance)
      now.set(instance, (now.get(instance) ?? 0) + 1)
      all.set(frame.service[i]!, (all.get(frame.service[i]!) ?? 0) + 1)
    }
  }
  const correction = Math.log(Math.max(LEAST_PLACES, profile.visits.size))
  return [...profile.visits].flatMap(([instance, share]): Evidence[] => {
    const service = dictionary.instanceService[instance]!
    const n = all.get(service) ?? 0
    const k = now.get(instance) ?? 0
    if (n === 0 || share >= 1 || k / n >= share / 2 || !isExpected(scene, instance)) return []
    const ratio = moreThan(n - k, n, 1 - share) - correction
    if (ratio <= 0) return []
    const name = instanceName(dictionary, instance)
    const at = last.has(instance) ? Math.max(start, frame.at[last.get(instance)!]!) : start
    return [
      {
        kind: 'silence',
        key: `silence visits ${name}`,
        blame: [{ name: serviceName(dictionary, service), kind: 'service', share: 1 }],
        strength: strengthOf(ratio, 1 - k / n / share),
        at,
        positions: last.has(instance) ? [last.get(instance)!] : [],
        hits: [{ at, trace: -1 }],
        instances: new Map([[instance, { k: 1, n: 1 }]]),
        what: `${name} got ${k} of ${n} requests, usually ${(100 * share).toFixed(0)} %`,
      },
    ]
  })
}
