import {
  type Blame,
  type Elsewhere,
  type Evidence,
  type GapRates,
  MOST_CITED,
  MOST_KEPT,
  newsOf,
  type Scene,
} from '../evidence.ts'
import { pairKey } from '../follow-table.ts'
import { serviceName, templateOf, WARN } from '../frame.ts'
import {
  ANY,
  CALL,
  eachGap,
  eachPause,
  type Gap,
  type GapKind,
  INSIDE,
  linkKey,
  PAUSE,
  poolOf,
  RETURN,
} from '../gap-table.ts'
import type { Spread } from '../histogram.ts'
import { moreOften, strengthOf } from '../likelihood.ts'
import { isAnswer } from '../naming.ts'
import type { Profile } from '../profile.ts'
import { shareAmong } from '../scene-names.ts'
import { type Like, type SlowGap, slowWords } from './slow-words.ts'

interface Group {
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

/** Services need so many gaps, and kinds of gap so many, to say what is slow for a rare pair. */
const LEAST_LINK = 8
const LEAST_KIND = 20
/** Robust deviations of the logarithm that chance does not give (two-sided 1 in 400). */
const SIGMAS = 3
/** A delay of this share of what traces usually take counts half of one that stops all else. */
const MATTERS = 0.05
/** No gap alone decides, in nats. */
const MOST_BEYOND = 5

/** Finds places where time passes that does not in normal time, and how much of each service is slow. */
export const findSlow = (
  scene: Scene,
): { found: Evidence[]; rates: ReadonlyMap<number, GapRates> } => {
  const groups = new Map<string, Group>()
  const { frame, profile, start, end } = scene
  const { traceMs } = profile
  const judge = ({ from, to, kind, ms, steps, ends }: Gap): void => {
    if (frame.at[to]! > end) return
    const link = [...ends, kind] as const
    const isTrouble =
      frame.level[to]! >= WARN || frame.level[from]! >= WARN || isRare(profile, frame.type[from]!)
    const { like, spreads } = spreadsFor(profile, steps, ...link, isTrouble)
    const [spread] = spreads
    if (spread === undefined) return
    const least = kind === INSIDE ? 2 * RESOLUTION : CLOCKS
    const limit = Math.max(...spreads.map(each => limitOf(each, least)))
    const beyond = ms > limit ? Math.log(ms / Math.max(limit, RESOLUTION)) : 0
    const pair = groupOf(groups, `slow ${kind} ${steps[0]} ${steps[1]}`, ...link, traceMs)
    pair.steps = steps
    const whole = groupOf(groups, `slow ${kind} ${link[0]}>${link[1]}`, ...link, traceMs)
    for (const group of [pair, whole]) {
      note(scene, group, { from, to, ms, usual: spread.median, like }, beyond, start)
      if (group.n + group.before.n === 1) group.normal = spread.n
    }
    whole.normal = Math.max(whole.normal, spread.n)
  }
  for (const trace of frame.traces) {
    eachGap(frame, trace, profile.concurrent, profile.parents, judge)
  }
  eachPause(frame, judge)
  const correction = Math.log(Math.max(1, groups.size))
  const found = best(groups, correction).flatMap(group =>
    toEvidence(scene, group, correction, elsewhere(groups, group)),
  )
  return { found, rates: ratesOf(groups) }
}

const ratesOf = (groups: Map<string, Group>): Map<number, GapRates> => {
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
const elsewhere = (groups: Map<string, Group>, { from, to, kind }: Group): Elsewhere => {
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

/** What hardly ever came in normal time, like a second attempt, has gaps of its own behind it. */
const isRare = ({ types }: Profile, type: number): boolean => (types.get(type) ?? 0) < LEAST_KIND

/** What a gap is compared with: that of its own two lines, else all that a rare pair is akin to. */
const spreadsFor = (
  { gaps }: Profile,
  steps: [number, number],
  from: number,
  to: number,
  kind: GapKind,
  isTrouble: boolean,
): { like: Like; spreads: Spread[] } => {
  if (kind === PAUSE) {
    const own = gaps.pauses.get(pairKey(...steps))
    const pause = own ?? gaps.pauses.get(pairKey(ANY, steps[1]))
    return { like: own ? 'same' : 'into', spreads: pause === undefined ? [] : [pause] }
  }
  const pair = gaps.pairs.get(pairKey(...steps))
  if (pair !== undefined) return { like: 'same', spreads: [pair] }
  if (!isTrouble) {
    const into = gaps.into.get(steps[1])
    const link = gaps.links.get(linkKey(from, to, kind))
    const akin = [into, link].filter(spread => spread !== undefined && spread.n >= LEAST_LINK)
    if (akin.length > 0)
      return { like: akin[0] === into ? 'into' : 'link', spreads: akin as Spread[] }
  }
  const all = gaps.kinds.get(poolOf(kind, isTrouble))
  return {
    like: isTrouble ? 'trouble' : 'kind',
    spreads: all !== undefined && all.n >= LEAST_KIND ? [all] : [],
  }
}

/** A millisecond of resolution is no delay, nor are two clocks that went apart by a few, ms. */
const RESOLUTION = 1
const CLOCKS = 5

const limitOf = ({ median, sd, max }: Spread, least: number): number =>
  Math.max(max, Math.max(median, RESOLUTION) * Math.exp(SIGMAS * sd), median + least)

const groupOf = (
  groups: Map<string, Group>,
  key: string,
  from: number,
  to: number,
  kind: number,
  traceMs: number,
): Group => {
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

const note = (
  { frame }: Scene,
  group: Group,
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

/** Of a link and its pairs of steps the one that says most. */
const best = (groups: Map<string, Group>, correction: number): Group[] => {
  const links = new Map<string, Group>()
  for (const group of groups.values()) {
    if (group.k === 0) continue
    const link = `${group.kind} ${group.from} ${group.to}`
    const known = links.get(link)
    if (known === undefined || strength(group, correction) > strength(known, correction)) {
      links.set(link, group)
    }
  }
  return [...links.values()].filter(group => strength(group, correction) > 0)
}

/** How many times as long, as a logarithm; less where the delay is small beside the whole trace. */
const effectOf = ({ slow, traceMs }: Group): number => {
  const sorted = slow.toSorted((a, b) => a.ms / Math.max(a.usual, 1) - b.ms / Math.max(b.usual, 1))
  const { ms, usual } = sorted[sorted.length >> 1]!
  const excess = ms - usual
  return (Math.log(ms / Math.max(usual, RESOLUTION)) * excess) / (excess + MATTERS * traceMs)
}

/**
 * What is left after looking at so many places; all from one trace counts half. Chance falls with how
 * far beyond the normal a gap goes, as waiting times with heavy tails do.
 */
const strength = (group: Group, correction: number): number => {
  const { k, n, normal, before, traces, beyond } = group
  const ratio = moreOften(k, n, 0, normal) * (traces.size === 1 ? 0.5 : 1) + beyond - correction
  return strengthOf(Math.max(0, ratio), k / n) * effectOf(group) * newsOf(k / n, before)
}

const toEvidence = (
  scene: Scene,
  group: Group,
  correction: number,
  rest: Elsewhere,
): Evidence[] => {
  const { frame } = scene
  const { dictionary } = frame
  const { slow, kind } = group
  const from = serviceName(dictionary, group.from)
  const to = serviceName(dictionary, group.to)
  const sorted = [...slow].sort((a, b) => b.ms / Math.max(b.usual, 1) - a.ms / Math.max(a.usual, 1))
  const typical = sorted[sorted.length >> 1]!
  const whole = strength(group, correction)
  const named = shareAmong(waitedFor(scene, group), kind === INSIDE ? from : to)
  const base = {
    kind: 'slow' as const,
    ...(kind !== PAUSE && { writer: kind === RETURN ? to : from }),
    key: group.key,
    strength: whole,
    at: frame.at[slow[0]!.to]!,
    positions: sorted.slice(0, MOST_CITED).flatMap(gap => [gap.from, gap.to]),
    hits: slow.map(gap => ({ at: frame.at[gap.from]!, trace: frame.trace[gap.to]! })),
    instances: group.instances,
    what: slowWords(scene, group, typical),
  }
  if (kind === PAUSE) return [{ ...base, blame: eitherEnd(from, to, rest) }]
  // Time before a line that names somebody was spent on waiting for that one.
  if (kind === INSIDE || named.length > 1) return [{ ...base, blame: named }]
  return [{ ...base, blame: [], link: { from, to, isCall: kind === CALL, elsewhere: rest } }]
}

/** The one that is slow with others, too. */
const eitherEnd = (from: string, to: string, rest: Elsewhere): Blame[] => {
  if (from === to) return [{ name: to, kind: 'service', share: 1 }]
  const share = rest.from / (rest.from + rest.to)
  return [
    { name: from, kind: 'service', share },
    { name: to, kind: 'service', share: 1 - share },
  ]
}

const SAMPLE = 30

/** Who was waited for, as the lines around the gaps tell: after a call of them, or before their answer. */
const waitedFor = ({ frame, speakers }: Scene, { slow, from, to }: Group): Blame[] => {
  const { dictionary } = frame
  const ends = [serviceName(dictionary, from), serviceName(dictionary, to)]
  const sample = slow.slice(0, SAMPLE)
  const sums = new Map<string, Blame>()
  for (const gap of sample) {
    const seen = new Set<string>()
    for (const position of [gap.from, gap.to]) {
      const isTrouble = frame.level[position]! >= WARN
      const answers = isAnswer(templateOf(dictionary, frame.type[position]!))
      if (!isTrouble && answers !== (position === gap.to)) continue
      for (const { name, kind, share } of speakers(position)) {
        const isEnd = !isTrouble && from !== to && ends.includes(name)
        if (isEnd || seen.has(name)) continue
        seen.add(name)
        const sum = sums.get(`${kind} ${name}`) ?? { name, kind, share: 0 }
        sum.share += share / sample.length
        sums.set(`${kind} ${name}`, sum)
      }
    }
  }
  return [...sums.values()]
}
