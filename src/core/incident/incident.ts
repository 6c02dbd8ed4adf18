import type { AnomalyKind } from '../types.ts'

export type IncidentState = 'open' | 'acknowledged' | 'resolved'

export type Severity = 'low' | 'medium' | 'high'

/** Where an incident points: one anomaly of it, with the line that shows it best. */
export interface IncidentMark {
  anomaly: string
  /** Epoch ms. */
  at: number
  source: string
  text: string
  score: number
}

/** A source in which lines were odd. */
export interface IncidentSource {
  source: string
  anomalies: number
  /** Epoch ms of its first and last odd line in this incident. */
  firstSeen: number
  lastSeen?: number
}

/**
 * How a template is odd: it came where or as often as it should not, it did not come, or sessions
 * end right before or right after it.
 */
export type SignRole = 'odd' | 'missing' | 'before' | 'after'

/** A template that anomalies of an incident have in common. */
export interface IncidentTemplate {
  template: string
  anomalies: number
  /** Sum over anomalies of its share of what was odd about each. */
  weight?: number
  /** The same by how it was odd. */
  roles?: Partial<Record<SignRole, number>>
  /** Epoch ms. */
  firstSeen?: number
  lastSeen?: number
}

/** Anomalies that belong together: what an engineer is told of, once. Plain data. */
export interface Incident {
  /** Hash of its first anomaly: a replay gives the same id. */
  id: string
  /** One line in plain words; log text in it is quoted and cut. */
  title: string
  state: IncidentState
  severity: Severity
  /** Epoch ms of the first and last odd line. */
  firstSeen: number
  lastSeen: number
  /** Earliest and most unusual anomaly. */
  first: IncidentMark
  worst: IncidentMark
  /** Anomalies in it. */
  anomalies: number
  /** Distinct sources by anomalies, most first; bounded, the rest is in `moreSources`. */
  sources: IncidentSource[]
  /** About how many sources there are beside those listed. */
  moreSources: number
  kinds: Partial<Record<AnomalyKind, number>>
  /** Templates by how much of what is odd they explain, most first; bounded. */
  templates: IncidentTemplate[]
  /** Session keys of its anomalies, latest last; bounded. */
  sessions: string[]
  /** How often it came back after it was resolved. */
  reopened: number
  /** Epoch ms of the latest change of state, and what a person wrote with it. */
  changed?: number
  note?: string
  /** What grouping goes on with after a restart; not for people (see `shownIncident`). */
  memory?: IncidentMemory
}

/** A name that grouping looks for, with how often and when it came up, epoch ms. */
export interface NamedPart {
  name: string
  anomalies: number
  firstSeen: number
  lastSeen: number
}

/** Bounded, plain data. */
export interface IncidentMemory {
  /** Rises with every anomaly over all incidents: who was touched last. */
  turn: number
  /** Epoch ms, real time, of the latest anomaly taken in. */
  updated: number
  /** Epoch ms, time of the log, when it opened, or opened again. */
  began: number
  /** Epoch ms of the first incident that was known when this one began. */
  since: number
  /** Anomalies of late, each fading over a minute, at a time of the log. */
  heat: number
  heatAt: number
  /** Sessions, and identifiers of requests. */
  ids: NamedPart[]
  /** Templates that its sources write, odd or not. */
  written: NamedPart[]
  /** Patterns of the names of its sources. */
  families: NamedPart[]
  /** Sources that its sessions came through, and the patterns of their names. */
  touched: NamedPart[]
  /** A sketch of the set of its sources, by which they are counted. */
  sketch: number[]
  /** Odd sessions that were counted in notices of regimes and not raised one by one. */
  withheld: number
  /** Anomalies that are windows of a log and no sessions. */
  windows: number
  /** Smallest p-value. */
  rarest: number
  /** Sessions in it when people were last told of its growth. */
  told: number
}

/** What an anomaly did to the incidents. Only the first three are news for people. */
export type IncidentChange = 'opened' | 'reopened' | 'worsened' | 'grew'

/** An incident without what only grouping needs: what is published. */
export const shownIncident = ({ memory: _, ...incident }: Incident): Incident => incident
