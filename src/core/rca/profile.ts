import { meanOf } from './count-table.ts'
import type { EvidenceKind } from './evidence.ts'
import type { Facts } from './facts.ts'
import { type FollowRule, followRules } from './follow-rules.ts'
import { pairKey } from './follow-table.ts'
import { type Dictionary, templateOf } from './frame.ts'
import { type Histogram, type Spread, spreadOf } from './histogram.ts'
import { parentsOf } from './parents.ts'
import { isRunning } from './running-number.ts'
import type { Values, ValueTable } from './value-table.ts'

/** Mean of a count and its index of dispersion. */
export interface Rate {
  mean: number
  phi: number
}

/** What a slot of a template holds in normal time. */
export interface ValueProfile {
  n: number
  /** Values with counts, where they are few. */
  distinct: Map<string, number> | undefined
  numbers: Spread | undefined
  words: number
  /** Whether it only goes up: a count, which is larger later whatever happens. */
  running: boolean
}

/** What normal time looks like, ready to be compared with. */
export interface Profile {
  dictionary: Dictionary
  binMs: number
  rules: {
    traces: Map<number, FollowRule>
    spans: Map<number, FollowRule>
    streams: Map<number, FollowRule>
  }
  /** Callers of each service. */
  parents: Map<number, Set<number>>
  /** Keys of pairs of steps that come in any order. */
  concurrent: Set<number>
  gaps: {
    pairs: Map<number, Spread>
    pauses: Map<number, Spread>
    /** By step of the second line. */
    into: Map<number, Spread>
    links: Map<number, Spread>
    kinds: Map<number, Spread>
  }
  lines: number
  bins: number
  /** How long a trace usually takes, ms. */
  traceMs: number
  /** Lines by type, and the worst level of each type. */
  types: Map<number, number>
  worst: Map<number, number>
  roots: Map<number, number>
  /** Lines of a type in one trace of a root. */
  flows: Map<number, Rate>
  /** Lines of a type without trace, and new traces by root, in a bin. */
  times: Map<number, Rate>
  starts: Map<number, Rate>
  beats: Map<number, Spread>
  /** Which instance writes lines of which type by itself. */
  writes: Set<number>
  values: Map<number, Map<string, ValueProfile>>
  /** Share of the requests of its service that each instance gets, where there are several. */
  visits: Map<number, number>
  /** Instances that were at work at the end of training. */
  recent: Set<number>
  /** What normal lines speak of that writes no lines itself, by how many services. */
  components: Map<string, number>
  /** Words of normal lines. */
  words: Set<string>
  /** What evidence of each kind, and each piece of it, reaches in normal time. */
  calibration: Calibration
}

export interface Calibration {
  /** Held-out stretches that were judged, and their lines. */
  stretches: number
  lines: number
  /** Strengths of what was found in them by kind, strongest first. */
  noise: Map<EvidenceKind, number[]>
  /** The strongest of each finding. */
  items: Map<string, number>
  /** Best score of each stretch. */
  tops: number[]
}

export const noCalibration = (): Calibration => ({
  ...{ stretches: 0, lines: 0, noise: new Map(), items: new Map(), tops: [] },
})

const mapValues = <A, B>(map: Map<number, A>, change: (value: A) => B): Map<number, B> =>
  new Map([...map].map(([key, value]) => [key, change(value)]))

const spreads = (histograms: Map<number, Histogram>, least = 1): Map<number, Spread> =>
  mapValues(new Map([...histograms].filter(([, { n }]) => n >= least)), spreadOf)

/** Pairs that were seen less often are judged by their services. */
export const LEAST_GAPS = 5

export const profileOf = (
  facts: Facts,
  concurrent: Set<number>,
  dictionary: Dictionary,
  binMs: number,
): Profile => {
  const { counts, gaps } = facts
  const rate = (n: number) => (moments: { sum: number; squares: number }) => {
    const { mean, phi } = meanOf(moments, n)
    return { mean, phi }
  }
  return {
    dictionary,
    binMs,
    rules: {
      traces: followRules(facts.traces, concurrent, { parts: facts.spans }),
      spans: followRules(facts.spans, undefined, { whole: facts.traces }),
      streams: followRules(facts.streams, undefined, { endless: true }),
    },
    parents: parentsOf(facts.parents),
    concurrent,
    gaps: {
      pairs: spreads(gaps.pairs, LEAST_GAPS),
      pauses: spreads(gaps.pauses, LEAST_GAPS),
      into: spreads(gaps.into, LEAST_GAPS),
      links: spreads(gaps.links),
      kinds: spreads(gaps.kinds),
    },
    lines: counts.lines,
    traceMs: counts.durations.n === 0 ? 0 : spreadOf(counts.durations).median,
    bins: counts.bins,
    types: new Map(counts.types),
    worst: new Map(counts.worst),
    roots: new Map(counts.roots),
    flows: new Map(
      [...counts.flows].map(([key, moments]) => [
        key,
        rate(counts.roots.get(Math.floor(key / pairKey(1, 0)))!)(moments),
      ]),
    ),
    times: mapValues(counts.times, rate(counts.bins)),
    starts: mapValues(counts.starts, rate(counts.bins)),
    beats: spreads(counts.beats),
    writes: new Set(counts.writes.keys()),
    values: valueProfiles(facts.values),
    visits: new Map(
      [...counts.visits]
        .map(([instance, n]): [number, number] => [
          instance,
          n / counts.visited.get(dictionary.instanceService[instance]!)!,
        ])
        .filter(([, share]) => share < 1),
    ),
    recent: new Set(),
    components: new Map(),
    words: wordsOf(facts, dictionary),
    calibration: noCalibration(),
  }
}

const WORD = /[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*/g

export const wordsOf = (
  { counts }: { counts: { types: Map<number, number> } },
  dictionary: Dictionary,
): Set<string> => {
  const words = new Set<string>()
  for (const type of counts.types.keys()) {
    for (const word of templateOf(dictionary, type).toLowerCase().match(WORD) ?? []) words.add(word)
  }
  return words
}

const valueProfiles = (table: ValueTable): Profile['values'] =>
  new Map(
    [...table].map(([type, slots]) => [
      type,
      new Map(
        [...slots].map(([slot, values]): [string, ValueProfile] => [slot, valueProfile(values)]),
      ),
    ]),
  )

const valueProfile = ({ n, distinct, numbers, words, steps }: Values): ValueProfile => {
  const running = isRunning(steps)
  // Of a count no value comes again.
  return {
    ...{ n, words, running, distinct: running ? undefined : distinct },
    numbers: numbers && spreadOf(numbers),
  }
}

/** Whether normal time shows the one service call the other. */
export const calls = ({ parents }: Profile, from: number, to: number): boolean =>
  from !== to && parents.get(to)?.has(from) === true
