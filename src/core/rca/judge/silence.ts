import type { Evidence, Scene } from '../evidence.ts'
import { instanceName, serviceName, templateOf } from '../frame.ts'
import type { Spread } from '../histogram.ts'

interface Quiet {
  /** Position of the last line before the silence, or −1. */
  last: number
  from: number
  ms: number
  ended: boolean
}

/** Natural logarithm of the number of places in which silence is looked for, at least 1. */
const correction = (places: number): number => Math.log(Math.max(Math.E, places))
/** Silence is longer than this many times the longest pause of normal time. */
const LONGER = 2
/** Fewer intervals say nothing about the longest one. */
const LEAST_INTERVALS = 5

/** Finds services, instances and lines that come by themselves that fell silent. */
export const findSilence = (scene: Scene): Evidence[] => {
  const { profile } = scene
  const found: Evidence[] = []
  const services = profile.dictionary.services.list.length
  const instances = profile.dictionary.instances.list.length
  for (const [service, spread] of profile.services) {
    const quiet = longestQuiet(scene, i => scene.frame.service[i] === service, spread)
    const strength = strengthOf(quiet, spread, services)
    if (quiet === undefined || strength === 0) continue
    const name = serviceName(profile.dictionary, service)
    found.push({
      ...evidence(quiet, strength, `silence service ${name}`, `${name} logged nothing`),
      blame: [{ name, kind: 'service', share: 1 }],
    })
  }
  for (const [instance, spread] of profile.instances) {
    const service = profile.dictionary.instanceService[instance]!
    const quiet = longestQuiet(scene, i => scene.frame.instance[i] === instance, spread)
    const strength = strengthOf(quiet, spread, instances)
    if (quiet === undefined || strength === 0) continue
    const name = instanceName(profile.dictionary, instance)
    const owner = serviceName(profile.dictionary, service)
    found.push({
      ...evidence(quiet, strength, `silence instance ${name}`, `${name} logged nothing`),
      blame: [{ name: owner, kind: 'service', share: 1 }],
      instances: new Map([[instance, { k: 1, n: 1 }]]),
    })
  }
  for (const [type, spread] of profile.beats) {
    if (!isBeat(spread)) continue
    const quiet = longestQuiet(
      scene,
      i => scene.frame.type[i] === type && scene.frame.trace[i]! < 0,
      spread,
    )
    const strength = strengthOf(quiet, spread, profile.beats.size)
    if (quiet === undefined || strength === 0) continue
    const owner = serviceName(profile.dictionary, profile.dictionary.typeService[type]!)
    const template = templateOf(profile.dictionary, type)
    found.push({
      ...evidence(
        ...([quiet, strength, `silence type ${owner} ${template}`] as const),
        `"${template}" of ${owner} did not come`,
      ),
      blame: [{ name: owner, kind: 'service', share: 1 }],
    })
  }
  return found
}

/** Lines that come by a clock: their intervals vary by less than they would by chance. */
const isBeat = ({ n, median, sd, max }: Spread): boolean =>
  n >= LEAST_INTERVALS && sd < 0.5 && max < 4 * median

/** The longest stretch of the incident without such a line. */
const longestQuiet = (
  { frame, start, end }: Scene,
  isOwn: (i: number) => boolean,
  { n }: Spread,
): Quiet | undefined => {
  if (n < LEAST_INTERVALS) return undefined
  let last = -1
  let from = frame.size > 0 ? Math.min(start, frame.at[0]!) : start
  let longest: Quiet | undefined
  const close = (to: number, ended: boolean): void => {
    const begin = Math.max(from, start)
    if (to - begin > (longest?.ms ?? 0)) longest = { last, from: begin, ms: to - begin, ended }
  }
  for (let i = 0; i < frame.size; i++) {
    if (frame.at[i]! > end) break
    if (!isOwn(i)) continue
    if (frame.at[i]! > start) close(frame.at[i]!, true)
    last = i
    from = frame.at[i]!
  }
  close(end, false)
  return longest
}

/** Missed beats, in the longest pause of normal time as unit, less what looking often gives. */
const strengthOf = (quiet: Quiet | undefined, { max, median, sd }: Spread, places: number) => {
  if (quiet === undefined) return 0
  const longest = Math.max(max, median * Math.exp(3 * sd))
  if (quiet.ms < LONGER * longest) return 0
  return Math.log1p(Math.max(0, quiet.ms / longest - correction(places) / 10)) * Math.LOG2E
}

const evidence = (
  { last, from, ms, ended }: Quiet,
  strength: number,
  key: string,
  what: string,
): Omit<Evidence, 'blame'> => ({
  kind: 'silence',
  key,
  strength,
  at: from,
  positions: last < 0 ? [] : [last],
  marks: [from],
  traces: [],
  what: `${what} for ${(ms / 1000).toFixed(1)} s${ended ? '' : ', to the end'}`,
})
