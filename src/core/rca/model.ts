import { LogbertError } from '../errors.ts'
import type { EvidenceKind } from './evidence.ts'
import type { FollowRule } from './follow-rules.ts'
import { createDictionary, templateOf } from './frame.ts'
import type { Spread } from './histogram.ts'
import { type Profile, type Rate, type ValueProfile, wordsOf } from './profile.ts'
import type { Reading } from './reading.ts'

const KIND = 'rca/1'

type Entries<T> = [number, T][]
type SpreadRow = [n: number, median: number, sd: number, max: number, min: number, mean: number]
type RuleRow = [
  step: number,
  next: number[],
  n: number,
  d: number,
  p0: number,
  due: number,
  wait: number,
  rank: number,
  near: number,
]
type RateRow = [mean: number, phi: number]
type ValueRow = [
  slot: string,
  n: number,
  words: number,
  distinct: [string, number][] | null,
  numbers: SpreadRow | null,
  /** Only where the number is a running one. */
  running?: 1,
]

/** What was learned of normal time, as plain JSON. */
export interface RcaModel {
  kind: typeof KIND
  /** How lines are read, where it was learned from lines. */
  reading?: Reading
  binMs: number
  lines: number
  bins: number
  traceMs: number
  services: string[]
  /** Service and name. */
  instances: [number, string][]
  /** Service, template, lines, worst level. */
  types: [service: number, template: string, lines: number, worst: number][]
  rules: { traces: RuleRow[]; spans: RuleRow[]; streams: RuleRow[] }
  parents: [number, number[]][]
  concurrent: number[]
  gaps: {
    pairs: Entries<SpreadRow>
    pauses: Entries<SpreadRow>
    into: Entries<SpreadRow>
    links: Entries<SpreadRow>
    kinds: Entries<SpreadRow>
  }
  roots: Entries<number>
  flows: Entries<RateRow>
  times: Entries<RateRow>
  starts: Entries<RateRow>
  beats: Entries<SpreadRow>
  writes: number[]
  values: Entries<ValueRow[]>
  visits: Entries<number>
  recent: number[]
  components: [string, number][]
  calibration: {
    stretches: number
    lines: number
    noise: [EvidenceKind, number[]][]
    items: [string, number][]
    tops: number[]
  }
}

const short = (value: number): number => Number(value.toPrecision(6))

const spreadRow = ({ n, median, sd, max, min, mean }: Spread): SpreadRow => [
  n,
  short(median),
  short(sd),
  short(max),
  short(min),
  short(mean),
]
const spreadRows = (map: Map<number, Spread>): Entries<SpreadRow> =>
  [...map].map(([key, spread]) => [key, spreadRow(spread)])
const ruleRows = (map: Map<number, FollowRule>): RuleRow[] =>
  [...map.values()].map(({ step, next, n, d, p0, due, wait, rank, near }) => [
    ...([
      step,
      next,
      n,
      d,
      short(p0),
      short(due),
      short(wait),
      short(rank),
      short(near),
    ] as RuleRow),
  ])
const rateRows = (map: Map<number, Rate>): Entries<RateRow> =>
  [...map].map(([key, { mean, phi }]) => [key, [short(mean), short(phi)]])

const valueRow = (
  slot: string,
  { n, words, distinct, numbers, running }: ValueProfile,
): ValueRow => {
  const row: ValueRow = [
    slot,
    n,
    words,
    distinct === undefined ? null : [...distinct],
    numbers === undefined ? null : spreadRow(numbers),
  ]
  if (running) row[5] = 1
  return row
}

export const writeModel = (profile: Profile): RcaModel => {
  const { dictionary, rules, gaps, calibration } = profile
  const { services, instances, types, typeService, instanceService } = dictionary
  return {
    kind: KIND,
    ...{ binMs: profile.binMs, lines: profile.lines, bins: profile.bins },
    traceMs: short(profile.traceMs),
    services: [...services.list],
    instances: instances.list.map((name, i) => [
      instanceService[i]!,
      name.slice(name.indexOf('\u0000') + 1),
    ]),
    types: types.list.map((_, type) => [
      typeService[type]!,
      templateOf(dictionary, type),
      profile.types.get(type) ?? 0,
      profile.worst.get(type) ?? 0,
    ]),
    rules: {
      traces: ruleRows(rules.traces),
      spans: ruleRows(rules.spans),
      streams: ruleRows(rules.streams),
    },
    parents: [...profile.parents].map(([callee, callers]) => [callee, [...callers]]),
    concurrent: [...profile.concurrent],
    gaps: {
      pairs: spreadRows(gaps.pairs),
      pauses: spreadRows(gaps.pauses),
      into: spreadRows(gaps.into),
      links: spreadRows(gaps.links),
      kinds: spreadRows(gaps.kinds),
    },
    roots: [...profile.roots],
    flows: rateRows(profile.flows),
    times: rateRows(profile.times),
    starts: rateRows(profile.starts),
    beats: spreadRows(profile.beats),
    writes: [...profile.writes],
    values: [...profile.values].map(([type, slots]) => [
      type,
      [...slots].map(([slot, values]) => valueRow(slot, values)),
    ]),
    visits: [...profile.visits].map(([instance, share]) => [instance, short(share)]),
    recent: [...profile.recent],
    components: [...profile.components],
    calibration: {
      stretches: calibration.stretches,
      lines: calibration.lines,
      noise: [...calibration.noise].map(([kind, values]) => [kind, values.map(short)]),
      items: [...calibration.items].map(([key, value]) => [key, short(value)]),
      tops: calibration.tops.map(short),
    },
  }
}

const toSpread = ([n, median, sd, max, min, mean]: SpreadRow): Spread => ({
  ...{ n, median, sd, max, min, mean },
})
const toSpreads = (rows: Entries<SpreadRow>): Map<number, Spread> =>
  new Map(rows.map(([key, row]) => [key, toSpread(row)]))
const toRules = (rows: RuleRow[]): Map<number, FollowRule> =>
  new Map(
    rows.map(([step, next, n, d, p0, due, wait, rank, near]) => [
      step,
      { step, next, n, d, p0, due, wait, rank, near },
    ]),
  )
const toRates = (rows: Entries<RateRow>): Map<number, Rate> =>
  new Map(rows.map(([key, [mean, phi]]) => [key, { mean, phi }]))

/** @throws LogbertError BAD_BUNDLE when it is no such model, or one of another version */
export const readModel = (model: RcaModel): Profile => {
  const kind = (model as { kind?: unknown } | null)?.kind
  if (kind !== KIND) {
    throw new LogbertError(
      'BAD_BUNDLE',
      `reading the model of normal time failed: its kind is ${JSON.stringify(kind)}, not "${KIND}"; ` +
        'train again, or use the version that wrote it',
    )
  }
  try {
    return unpack(model)
  } catch (cause) {
    throw new LogbertError(
      'BAD_BUNDLE',
      'reading the model of normal time failed: it lacks what this version looks at; train again, ' +
        'or use the version that wrote it',
      { cause },
    )
  }
}

const unpack = (model: RcaModel): Profile => {
  const dictionary = createDictionary(
    model.services,
    model.types.map(([service, template]) => [service, template] as const),
    model.instances.map(([service, name]) => `${model.services[service]}\u0000${name}`),
  )
  const byType = (column: 2 | 3): Map<number, number> =>
    new Map(model.types.map((row, type) => [type, row[column]]))
  const types = new Map([...byType(2)].filter(([, count]) => count > 0))
  return {
    dictionary,
    ...{ binMs: model.binMs, lines: model.lines, bins: model.bins, traceMs: model.traceMs },
    rules: {
      traces: toRules(model.rules.traces),
      spans: toRules(model.rules.spans),
      streams: toRules(model.rules.streams),
    },
    parents: new Map(model.parents.map(([callee, callers]) => [callee, new Set(callers)])),
    concurrent: new Set(model.concurrent),
    gaps: {
      pairs: toSpreads(model.gaps.pairs),
      pauses: toSpreads(model.gaps.pauses),
      into: toSpreads(model.gaps.into),
      links: toSpreads(model.gaps.links),
      kinds: toSpreads(model.gaps.kinds),
    },
    types,
    worst: byType(3),
    roots: new Map(model.roots),
    flows: toRates(model.flows),
    times: toRates(model.times),
    starts: toRates(model.starts),
    beats: toSpreads(model.beats),
    writes: new Set(model.writes),
    values: new Map(
      model.values.map(([type, slots]) => [
        type,
        new Map(
          slots.map(([slot, n, words, distinct, numbers, running]): [string, ValueProfile] => [
            slot,
            {
              ...{ n, words, running: running === 1 },
              distinct: distinct === null ? undefined : new Map(distinct),
              numbers: numbers === null ? undefined : toSpread(numbers),
            },
          ]),
        ),
      ]),
    ),
    visits: new Map(model.visits),
    recent: new Set(model.recent),
    components: new Map(model.components),
    words: wordsOf({ counts: { types } }, dictionary),
    calibration: {
      stretches: model.calibration.stretches,
      lines: model.calibration.lines,
      noise: new Map(model.calibration.noise),
      items: new Map(model.calibration.items),
      tops: model.calibration.tops,
    },
  }
}
