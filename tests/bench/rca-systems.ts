import { analyse, learnRca, type RcaModel } from '../../src/core/rca/rca.ts'
import type { RcaEvent } from '../../src/core/rca/types.ts'
import {
  createRenderer,
  createSystem,
  FAMILIES,
  type FaultKind,
  planSystemFault,
  runSystem,
  SYSTEM_FAULTS,
  type System,
  type SystemLine,
  type Truth,
  toRecord,
} from '../../src/core/simulator/systems/systems.ts'
import type { LogLine } from '../../src/core/types.ts'
import { halfOf, learnLines } from './rca-readings.ts'
import {
  baselineNames,
  createCanon,
  placeOf,
  printTable,
  rankedNames,
  type Scored,
  templatesOf,
} from './rca-score.ts'

const START = Date.UTC(2026, 0, 5, 8)
const MINUTE = 60_000
const TRAINING_MS = 25 * MINUTE
/** A window begins so long before its fault, and ends so long after. */
const LEAD_MS = 2 * MINUTE
const TAIL_MS = MINUTE / 2
const FAULT_MS = 3 * MINUTE
const LEAK_MS = 5 * MINUTE
/** Hosts' clocks may be behind. */
const CLOCKS_MS = 1_000

export interface SystemsOptions {
  family: string
  seeds: readonly number[]
  kinds: readonly FaultKind[]
  faultFree: number
  /** Tells of every fault. */
  detail: boolean
  readings: readonly ReaderName[]
}

export type ReaderName = 'mined' | 'records' | 'true' | 'half'

const TITLES: Record<ReaderName, string> = {
  mined: 'lines as collected, mined templates',
  records: 'JSON records, mined templates',
  true: 'true templates',
  half: 'true templates, half of the traces',
}

type Read = (lines: readonly SystemLine[]) => RcaEvent[]

/** One reading of a system's lines, and what was learned by it. */
interface Reader {
  name: ReaderName
  read: Read
  model: RcaModel
  known: ReadonlySet<string>
}

const trueEvents: Read = lines =>
  lines.map(({ at, service, instance, level, template, text, params, trace, span }, i) => ({
    ...{ at, service, instance, level, template, text, params, id: `${i + 1}` },
    ...(trace !== undefined && { trace }),
    ...(span !== undefined && { span }),
  }))

/** Lines as they were collected, as records with the usual names, and with true templates. */
const readersOf = (
  system: System,
  training: readonly SystemLine[],
  wanted: readonly ReaderName[],
): Reader[] => {
  const mined = (name: ReaderName, render: (line: SystemLine) => LogLine): Reader => {
    const { model, known, read } = learnLines(training.map(render))
    return { name, model, known, read: lines => read(lines.map(render)) }
  }
  return wanted.map(name => {
    if (name === 'mined') return mined(name, createRenderer(system))
    if (name === 'records') return mined(name, toRecord)
    const read: Read =
      name === 'half' ? lines => halfOf(trueEvents(lines), 0) : lines => trueEvents(lines)
    const events = read(training)
    return { name, read, model: learnRca(events), known: templatesOf(events) }
  })
}

const score = (
  system: System,
  { model, known }: Reader,
  all: readonly RcaEvent[],
  truth: Truth,
  start?: number,
): Scored & { names: string[] } => {
  const events = start === undefined ? all : all.filter(({ at }) => at >= start - CLOCKS_MS)
  const report = analyse(model, events, start === undefined ? {} : { start })
  const canon = createCanon(
    system.services.map(({ name }) => name),
    new Map(system.services.flatMap(each => each.instances.map(name => [name, each.name]))),
  )
  const names = rankedNames(report, canon)
  const counted = baselineNames(events, known, canon)
  const place = placeOf(names, truth)
  const isAffected = truth.affected.some(name => canon(name) === names[0])
  return {
    ...{ group: truth.kind, found: report.found, names, place },
    first: place === 1 ? 'right' : isAffected ? 'affected' : names.length > 0 ? 'other' : 'nothing',
    ...(truth.instance !== undefined && {
      instance: report.suspects[0]?.instance === truth.instance,
    }),
    ...(start === undefined &&
      report.found &&
      report.start !== undefined && { late: (report.start - truth.from) / 1000 }),
    baselines: {
      'most error lines': placeOf(counted['most error lines'], truth),
      'most unseen templates': placeOf(counted['most unseen templates'], truth),
    },
  }
}

/** Tables of places, and how many fault-free windows were left alone. */
interface Results {
  scored: Map<string, Scored[]>
  quiet: Map<ReaderName, boolean[]>
}

const put = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  map.set(key, [...(map.get(key) ?? []), value])
}

/** Windows of one system differ in their day; kinds keep theirs, whichever are asked for. */
const seedOf = (seed: number, n: number): number => seed * 1009 + n * 7919

const benchFault = (
  system: System,
  kind: FaultKind,
  readers: readonly Reader[],
  { scored }: Results,
  detail: boolean,
): void => {
  const n = SYSTEM_FAULTS.indexOf(kind)
  const from = START + (40 + 11 * n) * MINUTE
  const to = from + (kind === 'memory leak' ? LEAK_MS : FAULT_MS)
  const seed = seedOf(system.seed, n)
  const fault = planSystemFault(system, { kind, seed, from, to })
  if (fault === undefined) return
  const { truth, prepare } = fault
  const window = { seed: seed + 1, from: from - LEAD_MS, to: to + TAIL_MS }
  const lines = runSystem(system, { ...window, prepare })
  for (const reader of readers) {
    const events = reader.read(lines)
    const known = score(system, reader, events, truth, from)
    const open = score(system, reader, events, truth)
    put(scored, `${TITLES[reader.name]}, start known`, known)
    put(scored, `${TITLES[reader.name]}, nothing known`, open)
    if (!detail) continue
    const said = ({ found, place, names }: typeof known): string =>
      `${found ? place : 'none'} ${names.slice(0, 3).join(' ')}`
    console.log(
      `    ${kind.padEnd(16)} ${truth.instance ?? truth.service}: ${truth.about} | ` +
        `${reader.name}: ${said(known)} | ${said(open)}`,
    )
  }
}

const benchQuiet = (
  system: System,
  n: number,
  readers: readonly Reader[],
  { quiet }: Results,
  detail: boolean,
): void => {
  const from = START + (30 + 13 * n) * MINUTE
  const to = from + LEAD_MS + FAULT_MS + TAIL_MS
  const lines = runSystem(system, { seed: seedOf(system.seed, 500 + n), from, to })
  for (const { name, model, read } of readers) {
    const { found, summary } = analyse(model, read(lines))
    put(quiet, name, found)
    if (detail && found) console.log(`    nothing wrong, ${name}: ${summary}`)
  }
}

/** Ranks services for faults of simulated systems, and looks at windows in which nothing is wrong. */
export const benchSystems = (options: SystemsOptions): void => {
  const { seeds, kinds, faultFree, detail, readings } = options
  const family = FAMILIES.find(({ name }) => name === options.family)
  if (family === undefined) throw new RangeError(`there is no family '${options.family}'`)
  const results: Results = { scored: new Map(), quiet: new Map() }
  for (const seed of seeds) {
    const system = createSystem(family, seed)
    const training = runSystem(system, { seed, from: START, to: START + TRAINING_MS })
    const began = performance.now()
    const readers = readersOf(system, training, readings)
    const learned = (performance.now() - began) / 1000
    console.log(
      `  ${system.name}: ${system.services.length} services, ${system.house.shape}, ` +
        `${training.length} lines to learn from, ${learned.toFixed(1)} s`,
    )
    for (const kind of kinds) benchFault(system, kind, readers, results, detail)
    for (let n = 0; n < faultFree; n++) benchQuiet(system, n, readers, results, detail)
  }
  for (const [key, scored] of results.scored) printTable(`${family.name} systems, ${key}`, scored)
  for (const [name, found] of results.quiet) {
    const nothing = found.filter(each => !each).length
    console.log(
      `\n  ${TITLES[name]}: nothing found in ${nothing} of ${found.length} fault-free windows`,
    )
  }
}
