import type { Anomaly } from '../types.ts'
import type { Families } from './family.ts'
import { createFeatureIndex, type FeatureIndex } from './feature-index.ts'
import type {
  Incident,
  IncidentMemory,
  IncidentSource,
  IncidentTemplate,
  NamedPart,
} from './incident.ts'
import { closeParts, openParts, type Part, type PartRules, type Parts } from './parts.ts'
import { sketchWith } from './sketch.ts'
import { markOf, type Traits } from './traits.ts'

export type SourcePart = IncidentSource & Part
export type SignPart = IncidentTemplate &
  Part &
  Required<Pick<IncidentTemplate, 'roles' | 'weight'>>

/** An incident that may still grow, with its parts by name. All that lasts is in the record. */
export interface LiveIncident {
  readonly record: Incident & { memory: IncidentMemory }
  readonly parts: {
    signs: Parts<LiveIncident, SignPart>
    sources: Parts<LiveIncident, SourcePart>
    families: Parts<LiveIncident, NamedPart>
    written: Parts<LiveIncident, NamedPart>
    touched: Parts<LiveIncident, NamedPart>
    ids: Parts<LiveIncident, NamedPart>
  }
}

/** By what incidents are found. */
export type Feature = keyof LiveIncident['parts']

export type IncidentIndex = Record<Feature, FeatureIndex<LiveIncident>>

export const createIncidentIndex = (families: Families): IncidentIndex => ({
  signs: createFeatureIndex(),
  sources: createFeatureIndex(),
  families: createFeatureIndex(),
  written: createFeatureIndex(),
  touched: createFeatureIndex(families),
  ids: createFeatureIndex(),
})

const SIGNS: PartRules<SignPart> = {
  most: 30,
  rank: part => part.weight,
  nameOf: part => part.template,
}
const SOURCES: PartRules<SourcePart> = {
  most: 30,
  rank: part => part.anomalies,
  nameOf: part => part.source,
}
const frequent = (most: number): PartRules<NamedPart> => ({
  most,
  rank: part => part.anomalies,
  nameOf: part => part.name,
})
const FAMILIES = frequent(10)
const WRITTEN = frequent(20)
const TOUCHED = frequent(30)
/** Requests come and go: the latest are the ones that matter. */
const IDS: PartRules<NamedPart> = { ...frequent(40), rank: part => part.lastSeen }

/** Takes up an incident as it was stored; what grouping knew of it may be missing. */
export const reviveIncident = (stored: Incident, index: IncidentIndex): LiveIncident =>
  openIncident(structuredClone(stored), index)

/** @param own a record that nobody else has: it goes on changing */
const openIncident = (own: Incident, index: IncidentIndex): LiveIncident => {
  const { firstSeen, lastSeen } = own
  const record = Object.assign(own, { memory: own.memory ?? emptyMemory(own) })
  const sources = record.sources.map(part => Object.assign(part, { lastSeen, ...part }))
  const signs = record.templates.map(part =>
    Object.assign(part, { firstSeen, lastSeen, roles: {}, weight: part.anomalies, ...part }),
  )
  // Lists of the record, which the parts share.
  record.sources = sources
  record.templates = signs
  const { families, written, touched, ids } = record.memory
  const live = { record } as { -readonly [K in keyof LiveIncident]: LiveIncident[K] }
  live.parts = {
    signs: openParts(live, signs, index.signs, SIGNS),
    sources: openParts(live, sources, index.sources, SOURCES),
    families: openParts(live, families, index.families, FAMILIES),
    written: openParts(live, written, index.written, WRITTEN),
    touched: openParts(live, touched, index.touched, TOUCHED),
    ids: openParts(live, ids, index.ids, IDS),
  }
  return live
}

/** An incident of nothing yet, that an anomaly begins. */
export const beginIncident = (
  id: string,
  anomaly: Anomaly,
  { from, to }: Traits,
  index: IncidentIndex,
): LiveIncident => {
  const mark = markOf(anomaly)
  return openIncident(
    {
      ...{ id, title: '', state: 'open', severity: 'low', firstSeen: from, lastSeen: to },
      ...{ first: mark, worst: mark, anomalies: 0, sources: [], moreSources: 0, kinds: {} },
      ...{ templates: [], sessions: [], reopened: 0 },
    },
    index,
  )
}

const emptyMemory = ({ firstSeen, lastSeen, sources, anomalies }: Incident): IncidentMemory => ({
  ...{ turn: 0, updated: lastSeen, began: firstSeen, since: firstSeen, heat: 0, heatAt: lastSeen },
  ...{ families: [], written: [], touched: [], ids: [] },
  ...{ withheld: 0, windows: 0, rarest: 1, told: anomalies },
  sketch: sources.reduce<number[]>((sketch, { source }) => sketchWith(sketch, source), []),
})

/** Takes an incident out of the index. */
export const retireIncident = ({ parts }: LiveIncident): void => {
  closeParts(parts.signs)
  closeParts(parts.sources)
  closeParts(parts.families)
  closeParts(parts.written)
  closeParts(parts.touched)
  closeParts(parts.ids)
}
