/** The words of root-cause analysis: events in, evidence and suspects out. Times are epoch ms. */

/** One event as the engine sees it, of any log; what is not known is absent. */
export interface RcaEvent {
  /** ms, fractions allowed. */
  at: number
  service: string
  /** Pod, host, process: one of the replicas of the service. */
  instance?: string
  trace?: string
  span?: string
  level?: string
  /** Template text, or an id as text. */
  template: string
  text: string
  /** Line id that the report cites. */
  id: string
  params?: readonly string[]
}

export interface RcaOptions {
  /** Begin of the incident, ms, when known. */
  start?: number
  /** The stretch to look at; the whole of the events when absent. */
  from?: number
  to?: number
}

export type SuspectKind = 'service' | 'instance' | 'component' | 'template' | 'parameter'

export interface Suspect {
  name: string
  kind: SuspectKind
  /** Larger is surer; 1 is what normal time reaches at most in the rate the model was set to. */
  score: number
  /** What each kind of evidence adds to the score. */
  parts: Record<string, number>
  why: string
  /** Line ids, most telling first. */
  evidence: string[]
  /** Names of suspects that the evidence does not tell from this one. */
  ties?: string[]
}

export interface TimelineEntry {
  at: number
  service: string
  what: string
  evidence: string[]
}

export interface RcaDeviation {
  at: number
  service: string
  template: string
  /** Line id. */
  line: string
  text: string
  /** What normal time shows there, with shares. */
  expected: { service: string; template: string; p: number }[]
}

export interface RcaMissing {
  service: string
  template: string
  expected: number
  got: number
  /** Lines after which it should have come. */
  evidence: string[]
}

export interface RcaImpact {
  lines: number
  services: string[]
  /** Requests or sessions that are affected, of all that were seen. */
  traces: number
  affected: number
}

export interface RcaCut {
  /** Lines given, and lines left out by limits. */
  lines: number
  left: number
  notes: string[]
}

export interface RcaReport {
  found: boolean
  summary: string
  /** 0 to 1. */
  confidence: number
  /** When it began, ms: as told, else as found. */
  start?: number
  suspects: Suspect[]
  timeline: TimelineEntry[]
  impact: RcaImpact
  firstDeviation?: RcaDeviation
  missing: RcaMissing[]
  cut: RcaCut
}
