import { analyse, learnRca, type RcaModel } from '../../src/core/rca/rca.ts'
import type { RcaEvent } from '../../src/core/rca/types.ts'
import type { LogLine } from '../../src/core/types.ts'
import { withoutData } from '../data.ts'
import {
  type TicketFault,
  TRAIN_TICKET,
  ticketEvents,
  ticketFaults,
  ticketLines,
  ticketNormals,
} from '../rca/train-ticket.ts'
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

interface Learned {
  model: RcaModel
  known: ReadonlySet<string>
}

const learnEvents = (events: readonly RcaEvent[]): Learned => ({
  model: learnRca(events),
  known: templatesOf(events),
})

const score = (
  { model, known }: Learned,
  events: readonly RcaEvent[],
  fault: TicketFault,
  start: number | undefined,
): Scored & { names: string[] } => {
  const used = start === undefined ? events : events.filter(({ at }) => at >= start)
  const report = analyse(model, used, start === undefined ? {} : { start })
  const canon = createCanon(
    [...new Set(used.map(({ service }) => service))],
    new Map(used.flatMap(({ instance, service }) => (instance ? [[instance, service]] : []))),
  )
  const names = rankedNames(report, canon)
  const right = { kind: fault.type, service: fault.service, alike: [] }
  const counted = baselineNames(used, known, canon)
  return {
    ...{ group: fault.type, found: report.found, names },
    place: report.found ? placeOf(names, right) : Infinity,
    baselines: {
      'most error lines': placeOf(counted['most error lines'], right),
      'most unseen templates': placeOf(counted['most unseen templates'], right),
    },
  }
}

interface Reading {
  name: string
  learned: Learned
  read(fault: TicketFault): Promise<RcaEvent[]>
}

const allOf = async <T>(read: (file: string) => Promise<T[]>): Promise<T[]> =>
  (await Promise.all(ticketNormals().map(read))).flat()

const readings = async (quick: boolean): Promise<Reading[]> => {
  const events = await allOf(ticketEvents)
  const lines = await allOf(ticketLines)
  const mined = learnLines(inTime(lines))
  const halves = ([0, 1] as const).map((half): Reading => {
    const learned = learnEvents(halfOf(events, half))
    return {
      ...{ name: `true templates, half ${half + 1} of the traces`, learned },
      read: async fault => halfOf(await ticketEvents(fault.file), half),
    }
  })
  return [
    {
      ...{ name: 'mined templates', learned: mined },
      read: async fault => mined.read(inTime(await ticketLines(fault.file))),
    },
    {
      ...{ name: 'true templates', learned: learnEvents(events) },
      read: fault => ticketEvents(fault.file),
    },
    ...(quick ? [] : halves),
  ]
}

const inTime = (lines: readonly LogLine[]): LogLine[] =>
  lines.toSorted((a, b) => a.arrived - b.arrived)

/** Ranks services for the 23 published faults, and looks for causes in fault-free minutes. */
export const benchTicket = async ({ detail = false, quick = false }): Promise<void> => {
  const reason = withoutData(TRAIN_TICKET)
  if (reason !== undefined) {
    console.log(`Train-Ticket is left out: ${reason}`)
    return
  }
  const faults = await ticketFaults()
  for (const { name, learned, read } of await readings(quick)) {
    const results = { known: [] as Scored[], open: [] as Scored[] }
    if (detail) console.log(`\n  ${name}: place with start known, with nothing known`)
    for (const fault of faults) {
      const events = await read(fault)
      const known = score(learned, events, fault, fault.start)
      const open = score(learned, events, fault, undefined)
      results.known.push(known)
      results.open.push(open)
      if (!detail) continue
      const told = (each: typeof known): string =>
        each.found ? `${each.place} (${each.names.slice(0, 3).join(', ')})` : 'nothing found'
      console.log(`    ${fault.name.padEnd(30)} ${fault.service}: ${told(known)} | ${told(open)}`)
    }
    printTable(`Train-Ticket, ${name}, start known`, results.known)
    printTable(`Train-Ticket, ${name}, nothing known`, results.open)
  }
  await benchNormals(detail)
}

const PARTS = 3

/** Every third of each fault-free minute against all the others. */
const benchNormals = async (detail: boolean): Promise<void> => {
  const days = await Promise.all(ticketNormals().map(ticketEvents))
  const parts = days.flatMap(cutByTraces)
  let nothing = 0
  parts.forEach((part, i) => {
    const model = learnRca(parts.filter((_, k) => k !== i).flat())
    const report = analyse(model, part)
    if (!report.found) nothing++
    else if (detail) console.log(`    fault-free part ${i + 1}: ${report.summary}`)
  })
  console.log(`\n  nothing found in ${nothing} of ${parts.length} fault-free parts of 20 s`)
  let whole = 0
  days.forEach((day, i) => {
    const report = analyse(learnRca(days.filter((_, k) => k !== i).flat()), day)
    if (!report.found) whole++
    else if (detail) console.log(`    fault-free day ${i + 1}: ${report.summary}`)
  })
  console.log(`  nothing found in ${whole} of ${days.length} fault-free minutes of the other day`)
}

/** Traces stay whole: each goes where its first line is. */
const cutByTraces = (events: readonly RcaEvent[]): RcaEvent[][] => {
  const sorted = events.toSorted((a, b) => a.at - b.at)
  const from = sorted[0]!.at
  const length = (sorted.at(-1)!.at - from) / PARTS
  const partOf = (at: number): number => Math.min(PARTS - 1, Math.floor((at - from) / length))
  const traces = new Map<string, number>()
  const out: RcaEvent[][] = Array.from({ length: PARTS }, () => [])
  for (const event of sorted) {
    const { trace, at } = event
    const part = trace === undefined ? partOf(at) : (traces.get(trace) ?? partOf(at))
    if (trace !== undefined) traces.set(trace, part)
    out[part]!.push(event)
  }
  return out
}
