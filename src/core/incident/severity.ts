import { MINUTE_MS } from './chance.ts'
import type { Incident, IncidentMemory, Severity } from './incident.ts'

/** Sessions in an incident: those raised, and those that a regime's notice counted. */
export const sizeOf = ({ anomalies, memory }: Incident): number =>
  anomalies + (memory?.withheld ?? 0)

/** What is left of the weight of an anomaly after so many ms: "just now" is a minute, to a person. */
export const fade = (ms: number): number => Math.exp(-ms / MINUTE_MS)

/** Four at once, or five within half a minute: a fire and no chance, at the rates that people set. */
const BURNING = 4

/**
 * How urgent an incident is, by points of evidence that it is no chance and that it matters: one each
 * for 5, 50 and 500 sessions in it, for 3 and 10 sources, for an anomaly rarer than 1 in 100,000
 * normal sessions, and for about five anomalies within half a minute. From two points on it is
 * `medium`, from four on `high`.
 */
export const severityOf = (incident: Incident & { memory: IncidentMemory }): Severity => {
  const { sources, moreSources, memory } = incident
  const points =
    stepsOf(sizeOf(incident), [5, 50, 500]) +
    stepsOf(sources.length + moreSources, [3, 10]) +
    (memory.rarest <= 1e-5 ? 1 : 0) +
    (memory.heat >= BURNING ? 1 : 0)
  return points >= 4 ? 'high' : points >= 2 ? 'medium' : 'low'
}

const stepsOf = (value: number, steps: readonly number[]): number =>
  steps.filter(step => value >= step).length

const ORDER: readonly Severity[] = ['low', 'medium', 'high']

/** Severity does not fall while an incident lasts. */
export const worseOf = (a: Severity, b: Severity): Severity =>
  ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b
