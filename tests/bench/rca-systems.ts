import { analyse, learnRca, type RcaModel } from '../../src/core/rca/rca.ts'
import type { RcaEvent } from '../../src/core/rca/types.ts'
import {
  createRenderer,
  createSystem,
  FAMILIES,
  type FaultKind,
  planSystemFault,
  runSystem,
  type System,
  type SystemLine,
  type Truth,
} from '../../src/core/simulator/systems/systems.ts'
import { learnLines } from './rca-readings.ts'
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

export interface SystemsOptions {
  family: string
  seeds: readonly number[]
  kinds: readonly FaultKind[]
  faultFree: number
  /** Tells of every fault. */
  detail: boolean
  /** Reads true templates as well as mined ones. */
  both: boolean
}

type Read = (lines: readonly SystemLine[]) => RcaEvent[]

/** Two readings of one system: as its author knows it, and as the parser finds it. */
interface Reader {
  name: 'true' | 'mined'
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

const readersOf = (system: System, training: readonly SystemLine[], both: boolean): Reader[] => {
  const render = createRenderer(system)
  const { model, known, read } = learnLines(training.map(render))
  const mined: Reader = { name: 'mined', model, known, read: lines => read(lines.map(render)) }
  if (!both) return [mined]
  const events = trueEvents(training)
  const whole = { model: learnRca(events), known: templatesOf(events) }
  return [mined, { name: 'true', read: trueEvents, ...whole }]
}

const score = (
  system: System,
  { model, known, read }: Reader,
  lines: readonly SystemLine[],
  truth: Truth,
  start: number | undefined,
): Scored & { names: string[] } => {
  const all = read(lines)
  const events = start === undefined ? all : all.filter(({ at }) => at >= start - 1000)
  const report = analyse(model, events, start === undefined ? {} : { start })
  const canon = createCanon(
    system.services.map(({ name }) => name),
    new Map(system.services.flatMap(each => each.instances.map(name => [name, each.name]))),
  )
  const names = rankedNames(report, canon)
  const counted = baselineNames(events, known, canon)
  return {
    ...{ group: truth.kind, found: report.found, names },
    place: report.found ? placeOf(names, truth) : Infinity,
    ...(truth.instance !== undefined && {
      instance: report.suspects.find(({ kind }) => kind === 'instance')?.name === truth.instance,
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

const seedOf = (seed: number, n: number): number => seed * 1009 + n * 7919

/** Ranks services for faults of simulated systems, and looks at windows in which nothing is wrong. */
export const benchSystems = ({
  family: familyName,
  seeds,
  kinds,
  faultFree,
  detail,
  both,
}: SystemsOptions): void => {
  const family = FAMILIES.find(({ name }) => name === familyName)!
  const results = new Map<string, Scored[]>()
  const quiet = new Map<string, { all: number; nothing: number }>()
  const put = (key: string, scored: Scored) =>
    results.set(key, [...(results.get(key) ?? []), scored])
  for (const seed of seeds) {
    const system = createSystem(family, seed)
    const training = runSystem(system, { seed, from: START, to: START + TRAINING_MS })
    const began = performance.now()
    const readers = readersOf(system, training, both)
    const learned = (performance.now() - began) / 1000
    console.log(
      `  ${system.name}: ${system.services.length} services, ${system.house.shape}, ` +
        `${training.length} lines to learn from, ${learned.toFixed(1)} s`,
    )
    kinds.forEach((kind, i) => {
      const from = START + (40 + 11 * i) * MINUTE
      const to = from + (kind === 'memory leak' ? LEAK_MS : FAULT_MS)
      const fault = planSystemFault(system, { kind, seed: seedOf(seed, i), from, to })
      if (fault === undefined) return
      const lines = runSystem(system, {
        ...{ seed: seedOf(seed, i) + 1, from: from - LEAD_MS, to: to + TAIL_MS },
        prepare: fault.prepare,
      })
      const { truth } = fault
      for (const reader of readers) {
        const known = score(system, reader, lines, truth, from)
        const open = score(system, reader, lines, truth, undefined)
        put(`${reader.name} templates, start known`, known)
        put(`${reader.name} templates, nothing known`, open)
        if (!detail) continue
        const said = (each: typeof known): string =>
          `${each.found ? each.place : 'none'} ${each.names.slice(0, 3).join(' ')}`
        console.log(
          `    ${kind.padEnd(16)} ${truth.instance ?? truth.service}: ${truth.about} | ` +
            `${reader.name}: ${said(known)} | ${said(open)}`,
        )
      }
    })
    for (let i = 0; i < faultFree; i++) {
      const from = START + (30 + 13 * i) * MINUTE
      const lines = runSystem(system, {
        ...{ seed: seedOf(seed, 500 + i), from, to: from + LEAD_MS + FAULT_MS + TAIL_MS },
      })
      for (const reader of readers) {
        const report = analyse(reader.model, reader.read(lines))
        const sum = quiet.get(reader.name) ?? { all: 0, nothing: 0 }
        quiet.set(reader.name, {
          all: sum.all + 1,
          nothing: sum.nothing + (report.found ? 0 : 1),
        })
        if (detail && report.found)
          console.log(`    nothing wrong, ${reader.name}: ${report.summary}`)
      }
    }
  }
  for (const [key, scored] of results) printTable(`${family.name} systems, ${key}`, scored)
  for (const [name, { all, nothing }] of quiet) {
    console.log(`\n  ${name} templates: nothing found in ${nothing} of ${all} fault-free windows`)
  }
}
