import type { Anomaly } from '../types.ts'
import type { Families } from './family.ts'
import type { IncidentMark, IncidentMemory, NamedPart } from './incident.ts'
import type { LiveIncident, SignPart } from './live-incident.ts'
import { countPart, type Part, type Parts } from './parts.ts'
import { fade } from './severity.ts'
import { countSketch, sketchWith } from './sketch.ts'
import { markOf, type Traits } from './traits.ts'

const MOST_SESSIONS = 30

/** Adds an anomaly to what is known of an incident; state, severity and title are for others. */
export const growIncident = (
  live: LiveIncident,
  anomaly: Anomaly,
  traits: Traits,
  families: Families,
): void => {
  const { record } = live
  const { from, to } = traits
  record.anomalies += 1
  record.firstSeen = Math.min(record.firstSeen, from)
  record.lastSeen = Math.max(record.lastSeen, to)
  record.kinds[anomaly.kind] = (record.kinds[anomaly.kind] ?? 0) + 1
  if (anomaly.score > record.worst.score) record.worst = markOf(anomaly)
  if (from < record.first.at) record.first = earlierOf(record.first, markOf(anomaly))
  if (!traits.window) keepLatest(record.sessions, anomaly.session)
  growParts(live, traits, families)
  growMemory(record.memory, anomaly, traits)
  record.moreSources = Math.max(0, countSketch(record.memory.sketch) - record.sources.length)
}

const growParts = ({ record, parts }: LiveIncident, traits: Traits, families: Families): void => {
  for (const { role, template, share } of traits.signs) {
    const make = (part: Part): SignPart => ({ template, roles: {}, weight: 0, ...part })
    countPart(parts.signs, template, traits, make, sign => {
      sign.weight += share
      sign.roles[role] = (sign.roles[role] ?? 0) + share
    })
  }
  for (const { source } of traits.sources) {
    countPart(parts.sources, source, traits, part => ({ source, ...part }))
    record.memory.sketch = sketchWith(record.memory.sketch, source)
  }
  const places = traits.sources.map(({ source }) => source)
  countNames(parts.families, families.of(places), traits)
  countNames(parts.written, traits.written, traits)
  countNames(parts.touched, [...traits.touched, ...families.of(traits.touched)], traits)
  countNames(parts.ids, traits.ids, traits)
}

const earlierOf = (a: IncidentMark, b: IncidentMark): IncidentMark => (b.at < a.at ? b : a)

const countNames = (
  parts: Parts<LiveIncident, NamedPart>,
  names: readonly string[],
  traits: Traits,
): void => {
  for (const name of names) countPart(parts, name, traits, part => ({ name, ...part }))
}

const growMemory = (memory: IncidentMemory, anomaly: Anomaly, { to, window }: Traits): void => {
  memory.rarest = Math.min(memory.rarest, anomaly.pValue)
  memory.withheld = Math.max(memory.withheld, anomaly.regime?.withheld ?? 0)
  if (window) memory.windows += 1
  const later = Math.max(memory.heatAt, to)
  memory.heat = memory.heat * fade(later - memory.heatAt) + fade(later - to)
  memory.heatAt = later
}

const keepLatest = (list: string[], item: string): void => {
  const at = list.lastIndexOf(item)
  if (at >= 0) list.splice(at, 1)
  list.push(item)
  if (list.length > MOST_SESSIONS) list.shift()
}
