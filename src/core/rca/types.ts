import type { EvidenceKind } from './evidence.ts'

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
  /** Of several instances the one that shows it while the others do not. */
  instance?: string
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

/** A value that is commoner among affected traces than among healthy ones. */
export interface RcaParameter {
  /** Name of the field, or the place in a template. */
  name: string
  value: string
  /** Traces of either kind that hold it. */
  affected: number
  healthy: number
  /** Share of the affected traces that hold it, and how many times that of the healthy ones it is. */
  support: number
  lift: number
  /** Line ids. */
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

/** What one kind of finding is about: by it reports are likened to each other. */
export interface RcaSign {
  kind: EvidenceKind
  service: string
  template?: string
  /** Share of all that was found. */
  weight: number
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
  /** What affected traces have in common, most telling first; absent in reports of anomalies only. */
  parameters?: RcaParameter[]
  /** Strongest first; absent where it was made of anomalies only. */
  signs?: RcaSign[]
  cut: RcaCut
}

/**
 * A line that a report cites, so that it can be read where the report is; with what detection says of
 * it, where an anomaly of the report explains it.
 */
export interface CitedLine
  extends Pick<RcaEvent, 'id' | 'at' | 'service' | 'instance' | 'template' | 'text'>,
    Partial<Oddness> {
  /** Lines of its service and template, itself among them. */
  count: number
}

/** What the model of normal sessions says of a line, in nats. */
export interface Oddness {
  /** −ln p of it: how much it was not what came there in normal time. */
  surprise: number
  /** Of the prediction: how little the model knew what to expect. Not known of older anomalies. */
  entropy?: number
  /** What it expected instead, likeliest first, where the line is odd. */
  expected?: { template: string; p: number }[]
}

/** A report as it is stored, sent and shown. */
export interface KeptReport extends RcaReport {
  /** What it is told from: the lines around the trouble, or the anomalies alone. */
  basis: 'lines' | 'anomalies'
  /** Every line whose id is named above. */
  lines: CitedLine[]
  /** Ids of the anomalies that it is about. */
  anomalies: string[]
  /** Anomalies in the incident when it was made. */
  size?: number
  /** Past incidents that looked like this one, the most alike first. */
  similar: SimilarIncident[]
  /** In the words of a model of language, where one is asked. */
  narrative?: Narrative
}

/** A past incident that looked like this one, with what is known of it now. */
export interface SimilarIncident {
  incident: string
  title: string
  state: 'open' | 'acknowledged' | 'resolved'
  /** Its latest report. */
  report: string
  /** How alike, 0 to 1; half of it where people said that the report did not help. */
  score: number
  /** Epoch ms of its first odd line. */
  at: number
  /** Who was to blame: by those who judged the report, else the first suspect of it. */
  suspect?: string
  /** What it was, by those who judged the report. */
  cause?: string
  helpful?: boolean
  /** What people wrote when they resolved it, and when they judged the report. */
  note?: string
  feedback?: string
}

/** What a model of language said of a report, checked against what it was shown. */
export interface Narrative {
  /** The sentences in a row: plain text, never markup. */
  text: string
  sentences: Sentence[]
  /** Names of the suspects that the sentences speak of, in their order. */
  suspects: string[]
  /** Sentences taken out: they cited or named what is not in the evidence. */
  removed: number
  /** What it has cost; nothing where it was known already. */
  tokens: Tokens
  latencyMs: number
  model: string
  /** What the model was not shown, or could not say, in words. */
  cut: string[]
  fromCache: boolean
}

export interface Sentence {
  text: string
  /** Ids of lines; at least one. */
  evidence: string[]
}

export interface Tokens {
  prompt: number
  completion: number
  /** The server did not say it. */
  estimated: boolean
}
