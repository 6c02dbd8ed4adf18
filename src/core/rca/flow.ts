import type { FollowRule } from './follow-rules.ts'
import { firstOf, pairKey, secondOf } from './follow-table.ts'
import { ERROR, serviceName, templateOf, WARN } from './frame.ts'
import { CALL, linkKey, RETURN } from './gap-table.ts'
import type { Profile } from './profile.ts'

/** Who works with whom in normal time, as it was learned. */
export interface Flow {
  /** Lines that it was learned from. */
  lines: number
  /** Those with most lines, most first. */
  services: FlowService[]
  /** Services that are left out by the limit. */
  more: number
  /** Between the services that are given. */
  edges: FlowEdge[]
  /** Names that lines speak of which write no lines themselves, with by how many services. */
  components: { name: string; services: number }[]
}

export interface FlowService {
  name: string
  lines: number
  /** Kinds of lines, and instances where there are several. */
  steps: number
  instances: number
}

export interface FlowEdge {
  from: string
  to: string
  /** A call is answered; what is handed over is not waited for. */
  kind: 'call' | 'handover'
  /** How often it was seen. */
  count: number
  /** Usual time from the caller's line to the first one of the called, ms; absent where unknown. */
  ms?: number
}

/** The course within one service. */
export interface ServiceSteps {
  service: string
  /** Those with most lines, most first. */
  steps: FlowStep[]
  more: number
  /** Between the steps that are given, surest first. */
  follows: Follows[]
}

export interface FlowStep {
  id: number
  template: string
  lines: number
  level?: 'warn' | 'error'
}

export interface Follows {
  from: number
  to: number
  /** Of the times that the first step came. */
  share: number
  count: number
  /** Usual time between the two, ms. */
  ms: number
  /** Whether analysis finds fault where it does not come. */
  expected: boolean
}

/** Components that are named. */
const MOST_COMPONENTS = 40
/** What follows a step, for each step. */
const MOST_FOLLOWS = 4
/** What follows less often is left out. */
const LEAST_SHARE = 0.05

/** @param most services that are given */
export const flowOf = (profile: Profile, most: number): Flow => {
  const { dictionary, types, lines, gaps, parents } = profile
  const services = dictionary.services.list.map((name, id) => ({
    ...{ id, name, lines: 0, steps: 0, instances: 0 },
  }))
  for (const [type, count] of types) {
    const service = services[dictionary.typeService[type]!]!
    service.lines += count
    service.steps++
  }
  for (const service of dictionary.instanceService) services[service]!.instances++
  const known = services.filter(service => service.lines > 0).sort((a, b) => b.lines - a.lines)
  const shown = known.slice(0, most)
  const isShown = new Set(shown.map(({ id }) => id))
  const edges = [...parents].flatMap(([callee, callers]) =>
    [...callers].flatMap((caller): FlowEdge[] => {
      if (!isShown.has(callee) || !isShown.has(caller)) return []
      const asked = gaps.links.get(linkKey(caller, callee, CALL))
      return [
        {
          ...{ from: serviceName(dictionary, caller), to: serviceName(dictionary, callee) },
          kind: gaps.links.has(linkKey(callee, caller, RETURN)) ? 'call' : 'handover',
          count: asked?.n ?? 0,
          ...(asked !== undefined && { ms: round(asked.median) }),
        },
      ]
    }),
  )
  return {
    lines,
    services: shown.map(({ id: _, ...service }) => service),
    more: known.length - shown.length,
    edges: edges.sort((a, b) => b.count - a.count),
    components: [...profile.components]
      .map(([name, count]) => ({ name, services: count }))
      .sort((a, b) => b.services - a.services || (a.name < b.name ? -1 : 1))
      .slice(0, MOST_COMPONENTS),
  }
}

/**
 * Which kinds of lines of a service follow each other; undefined for a service that is not known.
 * @param most steps that are given
 */
export const stepsOf = (profile: Profile, name: string, most: number): ServiceSteps | undefined => {
  const { dictionary, types, worst } = profile
  const service = dictionary.services.find(name)
  if (service < 0) return undefined
  const own = [...types]
    .filter(([type]) => dictionary.typeService[type] === service)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
  const shown = own.slice(0, most)
  return {
    service: name,
    steps: shown.map(([type, lines]) => ({
      ...{ id: type, template: templateOf(dictionary, type), lines },
      ...levelOf(worst.get(type) ?? 0),
    })),
    more: own.length - shown.length,
    follows: followsAmong(profile, new Set(shown.map(([type]) => type))),
  }
}

const levelOf = (rank: number): Pick<FlowStep, 'level'> =>
  rank >= ERROR ? { level: 'error' } : rank >= WARN ? { level: 'warn' } : {}

const followsAmong = (profile: Profile, shown: ReadonlySet<number>): Follows[] => {
  const found = new Map<number, Follows>()
  for (const each of ruled(profile)) keep(found, shown, each)
  for (const each of seen(profile)) keep(found, shown, each)
  const perStep = new Map<number, number>()
  return [...found.values()]
    .filter(({ share }) => share >= LEAST_SHARE)
    .sort((a, b) => b.share - a.share || b.count - a.count)
    .filter(({ from }) => {
      const nth = (perStep.get(from) ?? 0) + 1
      perStep.set(from, nth)
      return nth <= MOST_FOLLOWS
    })
}

/** What is known surest stays. */
const keep = (found: Map<number, Follows>, shown: ReadonlySet<number>, each: Follows): void => {
  if (!shown.has(each.from) || !shown.has(each.to)) return
  const key = pairKey(each.from, each.to)
  const known = found.get(key)
  if (known === undefined) found.set(key, { ...each, share: round(each.share) })
}

/** Steps are types and whether they repeat: see `Frame.step`. */
const typeOf = (step: number): number => step >> 1

/** What must come: within a request's part in the service, in its log, or anywhere in the request. */
const ruled = ({ rules }: Profile): Follows[] =>
  [rules.spans, rules.streams, rules.traces].flatMap(table =>
    [...table.values()].flatMap(({ step, next, n, d, due }: FollowRule): Follows[] => {
      const [only, ...others] = next
      // Of several that may come, none must.
      if (only === undefined || others.length > 0 || n === 0) return []
      const pair = { from: typeOf(step), to: typeOf(only) }
      return [{ ...pair, share: (n - d) / n, count: n - d, ms: round(due), expected: true }]
    }),
  )

/** What came next without being a rule. */
const seen = ({ gaps, types }: Profile): Follows[] => {
  const sums = new Map<number, { count: number; ms: number }>()
  for (const [key, { n, median }] of gaps.pairs) {
    const pair = pairKey(typeOf(firstOf(key)), typeOf(secondOf(key)))
    const sum = sums.get(pair) ?? { count: 0, ms: 0 }
    sum.count += n
    sum.ms += n * median
    sums.set(pair, sum)
  }
  return [...sums].map(([pair, { count, ms }]) => {
    const from = firstOf(pair)
    const share = Math.min(1, count / Math.max(1, types.get(from) ?? 0))
    return { from, to: secondOf(pair), share, count, ms: round(ms / count), expected: false }
  })
}

const round = (value: number): number => Number(value.toPrecision(3))
