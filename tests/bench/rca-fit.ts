import { judge } from '../../src/core/rca/analyse.ts'
import { createFrame } from '../../src/core/rca/frame.ts'
import { readModel } from '../../src/core/rca/model.ts'
import type { Traits } from '../../src/core/rca/traits/traits.ts'
import type { RcaEvent, RcaOptions } from '../../src/core/rca/types.ts'
import {
  createRenderer,
  createSystem,
  FAMILIES,
  planSystemFault,
  runSystem,
  SYSTEM_FAULTS,
  type SystemLine,
  type Truth,
  toRecord,
} from '../../src/core/simulator/systems/systems.ts'
import { learnLines } from './rca-readings.ts'
import { type Canon, createCanon, plainName } from './rca-score.ts'

const START = Date.UTC(2026, 0, 5, 8)
const MINUTE = 60_000
const CLOCKS_MS = 1_000

/** One incident: the traits of its candidates, and which of them is right. */
interface Case {
  system: string
  candidates: { traits: Traits; isRight: boolean }[]
}

/** Much to learn from or little, long incidents and short ones, all traces or few. */
interface Setting {
  seeds: readonly number[]
  reading: 'records' | 'lines'
  minutes(seed: number): number
  lead(n: number): number
  length(n: number): number
  keeps(trace: string): boolean
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)
const one = (list: readonly number[], n: number): number => list[n % list.length]!
const SHORT = {
  minutes: (seed: number) => one([2, 3, 5, 8], seed),
  lead: (n: number) => one([0, 0.5, 1, 2], n),
  length: (n: number) => one([1, 1.5, 2, 3], n),
}
const LONG = { minutes: () => 25, lead: () => 2, length: () => 3 }
const all = () => true

const hashOf = (text: string): number => {
  let hash = 7
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 12)) >>> 0
}

const SETTINGS: readonly Setting[] = [
  { ...LONG, seeds: range(101, 120), reading: 'records', keeps: all },
  { ...LONG, seeds: range(121, 128), reading: 'lines', keeps: all },
  { ...SHORT, seeds: range(131, 150), reading: 'records', keeps: all },
  {
    ...SHORT,
    seeds: range(161, 196),
    reading: 'records',
    keeps: trace => hashOf(trace) % 8 === 0,
  },
]

/** Incidents of systems that no other part of the benchmark looks at. */
const casesOf = (setting: Setting, seed: number): Case[] => {
  const { reading, keeps } = setting
  const system = createSystem(FAMILIES.find(({ name }) => name === 'dev')!, seed)
  const thin = (lines: readonly SystemLine[]): SystemLine[] =>
    lines.filter(({ trace }) => trace === undefined || keeps(trace))
  const render = reading === 'records' ? toRecord : createRenderer(system)
  const to = START + setting.minutes(seed) * MINUTE
  const training = thin(runSystem(system, { seed, from: START, to }))
  const { model, read } = learnLines(training.map(render))
  const canon = createCanon(
    system.services.map(({ name }) => name),
    new Map(system.services.flatMap(each => each.instances.map(name => [name, each.name]))),
  )
  const look = (events: readonly RcaEvent[], options: RcaOptions, truth: Truth): Case => {
    const profile = readModel(model)
    const { candidates } = judge(profile, createFrame(events, profile.dictionary), options)
    return { system: system.name, candidates: candidates.map(each => mark(each, canon, truth)) }
  }
  return SYSTEM_FAULTS.flatMap((kind, n): Case[] => {
    const from = START + (40 + 11 * n) * MINUTE
    const end = from + (kind === 'memory leak' ? 5 : setting.length(seed + n)) * MINUTE
    const days = system.seed * 1009 + n * 7919
    const fault = planSystemFault(system, { kind, seed: days, from, to: end })
    if (fault === undefined) return []
    const begin = from - setting.lead(seed + 2 * n) * MINUTE
    const { prepare, truth } = fault
    const lines = thin(runSystem(system, { seed: days + 1, from: begin, to: end, prepare }))
    const events = read(lines.map(render))
    const known = events.filter(({ at }) => at >= from - CLOCKS_MS)
    return [look(known, { start: from }, truth), look(events, {}, truth)]
  })
}

const mark = (
  { name, traits }: { name: string; traits: Traits },
  canon: Canon,
  { service, alike }: Truth,
): Case['candidates'][number] => ({
  traits,
  isRight: [service, ...alike].map(plainName).includes(canon(name)),
})

type Weights = Record<string, number>

const STEPS = 800
const RATE = 0.05
/** Keeps weights small that the cases do not need. */
const DECAY = 0.004

/**
 * Conditional logit: weights that make the right candidate of each incident the likeliest, by
 * gradient descent (Adam) on the logarithm of its probability.
 */
const fit = (cases: readonly Case[], names: readonly string[]): Weights => {
  const data = cases
    .filter(({ candidates }) => candidates.some(({ isRight }) => isRight))
    .map(({ candidates }) => ({
      rows: candidates.map(({ traits }) => names.map(name => traits[name] ?? 0)),
      right: candidates.map(({ isRight }) => isRight),
    }))
  const weights = names.map(() => 0)
  const mean = names.map(() => 0)
  const square = names.map(() => 0)
  for (let step = 1; step <= STEPS; step++) {
    const slope = names.map(() => 0)
    for (const { rows, right } of data) {
      const odds = rows.map(row => row.reduce((sum, trait, i) => sum + trait * weights[i]!, 0))
      const most = Math.max(...odds)
      const shares = odds.map(each => Math.exp(each - most))
      const whole = shares.reduce((sum, each) => sum + each, 0)
      const good = shares.reduce((sum, each, i) => sum + (right[i] ? each : 0), 0)
      rows.forEach((row, k) => {
        const pull = shares[k]! / whole - (right[k] ? shares[k]! / Math.max(good, 1e-300) : 0)
        row.forEach((trait, i) => {
          slope[i]! += pull * trait
        })
      })
    }
    weights.forEach((weight, i) => {
      const down = slope[i]! / data.length + DECAY * weight
      mean[i] = 0.9 * mean[i]! + 0.1 * down
      square[i] = 0.999 * square[i]! + 0.001 * down * down
      const scale = Math.sqrt(square[i]! / (1 - 0.999 ** step)) + 1e-8
      weights[i]! -= (RATE * mean[i]!) / (1 - 0.9 ** step) / scale
    })
  }
  return Object.fromEntries(names.map((name, i) => [name, Math.round(100 * weights[i]!) / 100]))
}

const placeIn = ({ candidates }: Case, weights: Weights): number => {
  const odds = ({ traits }: Case['candidates'][number]): number =>
    Object.entries(weights).reduce((sum, [name, weight]) => sum + weight * (traits[name] ?? 0), 0)
  const sorted = candidates.toSorted((a, b) => odds(b) - odds(a))
  const place = sorted.findIndex(({ isRight }) => isRight)
  return place < 0 ? Infinity : place + 1
}

const FOLDS = 4

/** Fits the weights of `src/core/rca/suspicion.ts`, and prints how they do on systems left out. */
export const benchFit = (): void => {
  const cases = SETTINGS.flatMap(setting =>
    setting.seeds.flatMap(seed => {
      const own = casesOf(setting, seed)
      console.log(`  dev-${seed}: ${own.length} incidents`)
      return own
    }),
  )
  const names = [
    ...new Set(cases.flatMap(each => each.candidates.flatMap(c => Object.keys(c.traits)))),
  ]
  const systems = [...new Set(cases.map(({ system }) => system))]
  const places = range(0, FOLDS - 1).flatMap(fold => {
    const isOut = ({ system }: Case): boolean => systems.indexOf(system) % FOLDS === fold
    const weights = fit(
      cases.filter(each => !isOut(each)),
      names,
    )
    return cases.filter(isOut).map(each => placeIn(each, weights))
  })
  const share = (most: number): string =>
    (places.filter(place => place <= most).length / places.length).toFixed(3)
  console.log(`  ${cases.length} incidents; of systems left out: AS@1 ${share(1)} AS@3 ${share(3)}`)
  console.log(JSON.stringify(fit(cases, names), undefined, 2))
}
