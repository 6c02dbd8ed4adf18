import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogLine } from '../../src/core/types.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { withoutData } from '../data.ts'
import {
  type TicketFault,
  TRAIN_TICKET,
  ticketEvents,
  ticketFaults,
  ticketLines,
  ticketNormals,
} from '../rca/train-ticket.ts'
import { learnLines } from './rca-readings.ts'
import {
  type Baseline,
  baselineNames,
  createCanon,
  placeOf,
  printTable,
  rankedNames,
  type Scored,
} from './rca-score.ts'
import { type Seen, train, watch } from './rca-ticket-service.ts'

const MINUTE_MS = 60_000

/**
 * The default, and what training says that so few sessions need where lines that training never saw
 * should alarm by themselves (its warning `new types common`).
 */
const BUDGETS = [0.001, 0.03]

/**
 * The whole way that lines go in the service, for each published fault by itself: LogBERT is trained
 * on the fault-free minutes as `logbert train` does, the lines of the fault are streamed in their
 * order, what is odd forms incidents in a database, and the lines around the gravest one are looked
 * at. Nothing knows when a fault begins; that is used to count only.
 */
export const benchTicketPipeline = async ({ detail = false, budgets = BUDGETS }) => {
  const reason = withoutData(TRAIN_TICKET)
  if (reason !== undefined) {
    console.log(`Train-Ticket is left out: ${reason}`)
    return
  }
  for (const budget of budgets) {
    const folder = mkdtempSync(join(tmpdir(), 'logbert-ticket-'))
    try {
      await benchIn(folder, budget, detail)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

const benchIn = async (folder: string, budget: number, detail: boolean): Promise<void> => {
  const models = join(folder, 'models')
  const engine = localEngine()
  const normal = inTime((await Promise.all(ticketNormals().map(ticketLines))).flat())
  const bundle = await train(engine, normal, models, budget)
  const { read, known } = learnLines(normal)
  const results: Outcome[] = []
  for (const [i, fault] of (await ticketFaults()).entries()) {
    const lines = inTime(await ticketLines(fault.file))
    const seen = await watch(engine, bundle, lines, { models, folder: join(folder, `${i}`) })
    const canon = await canonOf(fault)
    const names = seen.main === undefined ? [] : rankedNames(seen.main.report, canon)
    const counted = baselineNames(read(lines), known, canon)
    const outcome = outcomeOf(fault, lines, seen, names, counted)
    results.push(outcome)
    console.log(rowOf(fault, outcome, detail ? names : []))
  }
  printTable(`Train-Ticket through the pipeline, budget ${budget}: the gravest incident`, results)
  printTotals(results)
}

/** One fault: what was found in its time and before, and whether it was the right thing. */
interface Outcome extends Scored {
  during: number
  before: number
  /** Anomalies in its time whose session went through the service. */
  through: number
  incidents: number
  /** Whether the gravest incident is of its time. */
  formed: boolean
  /** Before it and in its time. */
  minutes: [before: number, during: number]
  /** Lines of the report, and those of them that the model says something of. */
  cited: [all: number, told: number]
}

const outcomeOf = (
  { service, type, start }: TicketFault,
  lines: readonly LogLine[],
  { anomalies, incidents, main }: Seen,
  names: readonly string[],
  counted: Record<Baseline, string[]>,
): Outcome => {
  const during = anomalies.filter(({ lastSeen }) => lastSeen >= start)
  // Lines name their pod, pods are named after their service.
  const isOwn = ({ line }: { line: number }): boolean =>
    lines[line]!.text.includes(`"pod":"${service}-`)
  const formed = main !== undefined && main.incident.lastSeen >= start
  const right = { kind: type, service, alike: [] }
  const cited = main?.report.lines ?? []
  return {
    ...{ group: type, found: formed && names.length > 0, formed, incidents: incidents.length },
    place: formed ? placeOf(names, right) : Infinity,
    baselines: {
      'most error lines': placeOf(counted['most error lines'], right),
      'most unseen templates': placeOf(counted['most unseen templates'], right),
    },
    during: during.length,
    before: anomalies.length - during.length,
    through: during.filter(each => each.lines.some(isOwn)).length,
    minutes: [(start - lines[0]!.arrived) / MINUTE_MS, (lines.at(-1)!.arrived - start) / MINUTE_MS],
    cited: [cited.length, cited.filter(({ surprise }) => surprise !== undefined).length],
  }
}

const rowOf = (
  { name, service }: TicketFault,
  { during, before, through, formed, place }: Outcome,
  names: readonly string[],
): string => {
  const alarms = `${during} anomalies (${through} through it), ${before} before`
  const rank = place === Infinity ? 'not named' : `place ${place}`
  const incident = formed ? `incident, ${rank}` : 'no incident in its time'
  const first = names.length > 0 ? ` (${names.slice(0, 3).join(', ')})` : ''
  return `    ${name.padEnd(30)} ${service.padEnd(28)} ${alarms.padEnd(40)} ${incident}${first}`
}

const printTotals = (all: readonly Outcome[]): void => {
  const sum = (pick: (outcome: Outcome) => number): number =>
    all.reduce((total, outcome) => total + pick(outcome), 0)
  const rate = (count: number, minutes: number): string => (count / minutes).toFixed(1)
  console.log(
    `  of ${all.length} faults ${sum(({ during }) => Math.min(1, during))} with an anomaly in their time, ` +
      `${sum(({ through }) => Math.min(1, through))} with one in a session through the service, ` +
      `${sum(({ formed }) => Number(formed))} with the gravest incident in their time`,
  )
  console.log(
    `  ${sum(({ incidents }) => incidents)} incidents; anomalies a minute: ` +
      `${rate(
        sum(each => each.before),
        sum(each => each.minutes[0]),
      )} before the faults, ` +
      `${rate(
        sum(each => each.during),
        sum(each => each.minutes[1]),
      )} in their time; the model says how odd ` +
      `${sum(each => each.cited[1])} of ${sum(each => each.cited[0])} cited lines are`,
  )
}

/** Services by their true names, to tell who is meant. */
const canonOf = async ({ file }: TicketFault) => {
  const events = await ticketEvents(file)
  return createCanon(
    [...new Set(events.map(({ service }) => service))],
    new Map(events.flatMap(({ instance, service }) => (instance ? [[instance, service]] : []))),
  )
}

const inTime = (lines: readonly LogLine[]): LogLine[] =>
  lines.toSorted((a, b) => a.arrived - b.arrived)
