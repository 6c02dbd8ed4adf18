import { createGrouper, type GrouperOptions } from '../../src/core/incident/grouper.ts'
import type { Incident } from '../../src/core/incident/incident.ts'
import { createRandom, type Random } from '../../src/core/simulator/random.ts'
import type { Anomaly, ExplainedLine } from '../../src/core/types.ts'

export const START = Date.UTC(2026, 0, 5, 8)
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

export interface Made extends Partial<Omit<Anomaly, 'lines' | 'missing'>> {
  /** Odd templates, the first one the oddest; `text` of the lines is theirs when absent. */
  odd?: string[]
  text?: string
  missing?: string[]
  /** Sources that the session came through before it came to its own. */
  via?: string[]
}

let made = 0

/** An anomaly at a time in a source: one odd line, a session of its own. */
export const anomaly = (at: number, source: string, more: Made = {}): Anomaly => {
  const { odd = [`${source} failed`], text, missing = [], via = [], ...rest } = more
  const id = `made-${++made}`
  const line = (template: string, place: string, surprise?: number): ExplainedLine => ({
    ...{ line: made, source: place, at, template, templateId: 1, expected: [] },
    ...{ text: text ?? template, surprise: surprise ?? 0, odd: surprise !== undefined },
  })
  return {
    ...{ id, at, firstSeen: at, lastSeen: at, source, session: `req-${id}`, kind: 'sequence' },
    ...{ score: 8, pValue: 5e-4, voices: [], model: { name: 'm', version: '1' } },
    lines: [
      ...via.map(place => line(`${place} passed it on`, place)),
      ...odd.map((template, i) => line(template, source, 12 - i)),
    ],
    missing: missing.map(template => ({ templateId: 2, template, expected: 1, got: 0 })),
    ...rest,
  }
}

export interface Outcome {
  /** Incidents as they are in the end, in the order in which they opened. */
  incidents: Incident[]
  /** Incident of each anomaly. */
  of: string[]
  changes: string[]
}

/** Adds all in their order, in real time as in the log. */
export const groupAll = (
  anomalies: readonly Anomaly[],
  options?: GrouperOptions,
  recent?: Incident[],
): Outcome => {
  const grouper = createGrouper(options, recent)
  const incidents = new Map<string, Incident>()
  const outcome: Outcome = { incidents: [], of: [], changes: [] }
  for (const each of anomalies) {
    const { incident, change } = grouper.add(each, each.at)
    incidents.set(incident.id, incident)
    outcome.of.push(incident.id)
    outcome.changes.push(change)
  }
  return { ...outcome, incidents: [...incidents.values()] }
}

export const news = ({ changes }: Outcome): string[] => changes.filter(change => change !== 'grew')

/** Which anomalies are together, whatever the ids: anomaly ids of each incident, sorted. */
export const partition = (anomalies: readonly Anomaly[], { of }: Outcome): string[][] =>
  [...Map.groupBy(anomalies, (_, i) => of[i]).values()]
    .map(list => list.map(({ id }) => id).sort())
    .sort((a, b) => (a[0]! < b[0]! ? -1 : 1))

/** The same in the order in which they arrive, each up to `ms` late. */
export const jitter = (anomalies: readonly Anomaly[], ms: number, random: Random): Anomaly[] =>
  anomalies
    .map(each => ({ each, arrives: each.at + ms * random.next() }))
    .sort((a, b) => a.arrives - b.arrives)
    .map(({ each }) => each)

/**
 * An outage: the database fails, and within seconds the services whose requests come through it
 * show it each in their own words.
 */
export const outage = (count: number, seed: number, from = START): Anomaly[] => {
  const random = createRandom(seed)
  const callers = ['orders', 'payment', 'cart', 'search', 'mail', 'stock']
  return Array.from({ length: count }, (_, i) => {
    const at = from + i * 60
    const spread = i < 20 ? 0 : random.int(0, callers.length)
    if (spread === 0) {
      const odd = ['connection to primary lost', `replica ${random.int(1, 9)} lags`]
      return anomaly(at, `db-${random.int(1, 3)}`, { odd, via: ['gateway', 'orders'] })
    }
    const caller = callers[spread - 1]!
    const odd = [`${caller} gave up at step ${random.int(1, 40)}`]
    return anomaly(at, `${caller}-${random.int(1, 5)}`, { odd, via: ['gateway', 'db-1'] })
  })
}

/** False alarms that have nothing to do with each other, at a mean gap in ms. */
export const falseAlarms = (
  plan: { seed: number; gap: number; until: number; sources: number },
  from = START,
): Anomaly[] => {
  const random = createRandom(plan.seed)
  const out: Anomaly[] = []
  let at = from
  for (;;) {
    at += random.exponential(plan.gap)
    if (at > from + plan.until) return out
    const source = `app${random.int(1, plan.sources)}`
    const odd = [`${source} step ${random.text(6, 'abcdefgh')}`]
    out.push(
      anomaly(Math.floor(at), source, { odd, via: ['gateway'], pValue: 1e-3 * random.next() }),
    )
  }
}
