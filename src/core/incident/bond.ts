import {
  DAY_MS,
  ENOUGH_NATS,
  gapBetween,
  HOUR_MS,
  minutesOf,
  natsOf,
  reachOf,
  watchedFrom,
  watchedMs,
} from './chance.ts'
import type { Families } from './family.ts'
import { type Holder, MOST_HOLDERS } from './feature-index.ts'
import type { Feature, IncidentIndex, LiveIncident } from './live-incident.ts'
import type { Part } from './parts.ts'
import type { Traits } from './traits.ts'

/** How far apart in time things may be and still belong together, where they are rare. */
export interface Reach {
  /** Ms of silence after which the same templates are another incident. */
  sameSignMs: number
  /** Ms of silence after which the same source, or the same request, is. */
  sameSourceMs: number
  /** Ms after which trouble elsewhere on the way of the same requests is. */
  cascadeMs: number
  /** Ms within which a resolved incident comes back. */
  reopenMs: number
}

/** What ties an anomaly to an incident: how little chance explains of what they share, in nats. */
export interface Bond {
  live: LiveIncident
  signs: number
  sources: number
  written: number
  id: number
  path: number
  /** Share of what is odd about the anomaly that is odd in the incident, too. */
  alike: number
}

/** What it means that an anomaly and incidents share something. */
interface Rule {
  feature: Feature
  /** Ms that it reaches, where it is rare. */
  base(live: LiveIncident): number
  /** What another incident with it counts as, for how common it is. */
  weigh(part: Part): number
  /** How often an incident must have it, beside what it has most often, to be about it. */
  least: number
  /** In how many places chance can tie, where it is more than one. */
  chances?(live: LiveIncident, traits: Traits): number
  /** Age of an incident, ms, from which on this no longer ties unless it is louder than usual. */
  lastMs: number
  add(bond: Bond, share: number, nats: number): void
}

/** One thing that an anomaly has. */
type Tie = [rule: Rule, name: string, share: number]

/** What an incident has 20 times more rarely than its main sign or source came along by chance. */
const LEAST = 0.05
/** An incident is no everyday noise if it comes so many times faster. */
const LOUD = 10

const createRules = ({ sameSignMs, sameSourceMs, cascadeMs, reopenMs }: Reach) => {
  const bySource = { base: () => sameSourceMs, weigh: minutesOf, lastMs: HOUR_MS }
  const byPath: Omit<Rule, 'feature'> = {
    ...{ base: () => cascadeMs, weigh: minutesOf, least: LEAST, lastMs: HOUR_MS },
    add: (bond, _, nats) => {
      bond.path = Math.max(bond.path, nats)
    },
  }
  const ways = (_: LiveIncident, { touched }: Traits): number => touched.length
  return {
    signs: {
      ...{ feature: 'signs', weigh: () => 1, least: LEAST, lastMs: DAY_MS },
      base: ({ record }) => (record.state === 'resolved' ? reopenMs : sameSignMs),
      add: (bond, share, nats) => {
        bond.signs += share * nats
        bond.alike += share
      },
    },
    sources: {
      ...{ feature: 'sources', least: LEAST, ...bySource },
      chances: ({ parts }) => parts.sources.list.length,
      add: (bond, share, nats) => {
        bond.sources += share * nats
      },
    },
    /** Trouble of a service shows in its replicas at about the same time. */
    families: { feature: 'families', ...byPath },
    written: {
      ...{ feature: 'written', least: 0, ...bySource },
      add: (bond, share, nats) => {
        bond.written += share * nats
      },
    },
    ids: {
      ...{ feature: 'ids', base: () => sameSourceMs, weigh: () => 0 },
      ...{ least: 0, lastMs: Number.POSITIVE_INFINITY },
      add: (bond, _, nats) => {
        bond.id = Math.max(bond.id, nats)
      },
    },
    /** The session of the anomaly came through a source of the incident. */
    from: { feature: 'sources', ...byPath, chances: ways },
    fromFamily: { feature: 'families', ...byPath, chances: ways },
    /** Sessions of the incident came through the source of the anomaly. */
    to: { feature: 'touched', ...byPath },
  } satisfies Record<string, Rule>
}

/**
 * Finds everything that an anomaly has in common with incidents near enough in time. What is near
 * depends on how rare it is: a template that was odd in one incident today says more, an hour later,
 * than a source that has odd lines every few minutes.
 */
export const createBonds = (index: IncidentIndex, families: Families, reach: Reach) => {
  const rules = createRules(reach)
  const tiesOf = ({ signs, sources, written, touched, ids }: Traits): Tie[] => [
    ...signs.map(({ template, share }): Tie => [rules.signs, template, share]),
    ...sources.map(({ source, share }): Tie => [rules.sources, source, share]),
    ...families.servicesOf(sources.map(({ source }) => source)).flatMap((family): Tie[] => [
      [rules.families, family, 1],
      [rules.to, family, 1],
    ]),
    ...written.map((template): Tie => [rules.written, template, 1 / written.length]),
    ...ids.map((id): Tie => [rules.ids, id, 1]),
    ...touched.map((source): Tie => [rules.from, source, 1]),
    ...families.servicesOf(touched).map((family): Tie => [rules.fromFamily, family, 1]),
    ...sources.map(({ source }): Tie => [rules.to, source, 1]),
  ]
  /** @param since epoch ms of the first incident known */
  return (traits: Traits, since: number): Bond[] => {
    const bonds = new Map<LiveIncident, Bond>()
    const watched = watchedMs(traits.to, since)
    for (const [rule, name, share] of tiesOf(traits)) {
      const holders = index[rule.feature].of(name)
      if (holders.length === 0) continue
      meet(rule, holders, traits, watched, (live, nats) => {
        const bond = bonds.get(live) ?? emptyBond(live)
        bonds.set(live, bond)
        rule.add(bond, share, nats)
      })
    }
    return [...bonds.values()]
  }
}

const emptyBond = (live: LiveIncident): Bond => ({
  ...{ live, signs: 0, sources: 0, written: 0, id: 0, path: 0, alike: 0 },
})

/** Calls `tie` for those of the holders of a feature that it ties, with how much. */
const meet = (
  rule: Rule,
  holders: readonly Holder<LiveIncident>[],
  traits: Traits,
  watched: number,
  tie: (live: LiveIncident, nats: number) => void,
): void => {
  const rates = ratesOf(rule, holders, traits.to, watched)
  for (const { owner, part } of holders) {
    const { record } = owner
    if (part.anomalies < rule.least * owner.parts[rule.feature].list[0]!.anomalies) continue
    const gap = gapBetween(traits, part)
    const base = rule.base(owner)
    if (gap > base) continue
    const chances = rule.chances?.(owner, traits) ?? 1
    const others = (chances * Math.max(0, rates.weight - rule.weigh(part))) / rates.ms
    const reach = reachOf(base, others)
    if (gap > reach) continue
    const age = record.state === 'resolved' ? 0 : traits.from - record.memory.began
    const usual = Math.max(0, rates.anomalies - part.anomalies) / rates.ms
    if (age > rule.lastMs && !isLoud(owner, part, age, usual)) continue
    tie(owner, natsOf(gap, reach))
  }
}

/** How common a feature was of late, and for how long that is known. */
const ratesOf = (
  rule: Rule,
  holders: readonly Holder<LiveIncident>[],
  now: number,
  watched: number,
): { weight: number; anomalies: number; ms: number } => {
  let [weight, anomalies, oldest] = [0, 0, now]
  for (const { part } of holders) {
    if (part.lastSeen < now - DAY_MS) continue
    weight += rule.weigh(part)
    anomalies += part.anomalies
    if (part.lastSeen < oldest) oldest = part.lastSeen
  }
  const full = holders.length === MOST_HOLDERS
  return { weight, anomalies, ms: full ? watchedFrom(now, oldest, watched) : watched }
}

/** Whether an old incident is one thing, not the noise there always is: it broke a known quiet. */
const isLoud = ({ record }: LiveIncident, part: Part, age: number, usual: number): boolean =>
  record.memory.began - record.memory.since >= HOUR_MS && part.anomalies / age >= LOUD * usual

/** All that ties, in nats. */
export const natsIn = ({ signs, sources, written, id, path }: Bond): number =>
  signs + sources + written + id + path

/**
 * Whether an anomaly belongs to an incident: chance explains less than 1 in 20 of what they share.
 * What was resolved comes back with its own signs only.
 */
export const holds = (bond: Bond, resolved: boolean): boolean =>
  resolved ? bond.id > 0 || bond.alike >= 0.5 : natsIn(bond) >= ENOUGH_NATS
