import type { AnomalyKind } from '../types.ts'

export type IncidentState = 'open' | 'acknowledged' | 'resolved'

/** Where an incident points: one anomaly of it, with the line that shows it best. */
export interface IncidentMark {
  anomaly: string
  /** Epoch ms. */
  at: number
  source: string
  text: string
  score: number
}

/** Anomalies that belong together: what an engineer is told of, once. Plain data. */
export interface Incident {
  /** Hash of its first anomaly: a replay gives the same id. */
  id: string
  /** One line in plain words; log text in it is quoted and cut. */
  title: string
  state: IncidentState
  severity: 'low' | 'medium' | 'high'
  /** Epoch ms of the first and last odd line. */
  firstSeen: number
  lastSeen: number
  first: IncidentMark
  worst: IncidentMark
  /** Anomalies in it. */
  anomalies: number
  /** Distinct sources by anomalies, most first; bounded, the rest is in `moreSources`. */
  sources: { source: string; anomalies: number; firstSeen: number }[]
  moreSources: number
  kinds: Partial<Record<AnomalyKind, number>>
  /** Odd templates by anomalies, most first; bounded. */
  templates: { template: string; anomalies: number }[]
  /** Session keys of its anomalies, latest last; bounded. */
  sessions: string[]
  /** How often it came back after it was resolved. */
  reopened: number
  /** Epoch ms of the latest change of state, and what a person wrote with it. */
  changed?: number
  note?: string
}

/** What an anomaly did to the incidents. Only the first three are news for people. */
export type IncidentChange = 'opened' | 'reopened' | 'worsened' | 'grew'
