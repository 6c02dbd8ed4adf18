import type { Incident } from '../../src/core/incident/incident.ts'
import type { Anomaly, AnomalyKind, ExplainedLine } from '../../src/core/types.ts'
import type {
  Feedback,
  Job,
  StoredReport,
  Suppression,
  TemplateEdit,
} from '../../src/db/database.ts'

const KINDS: AnomalyKind[] = ['new template', 'sequence', 'missing ending', 'count', 'rate']

export const START = Date.UTC(2026, 0, 5)

const lineOf = (i: number, line: number, odd: boolean): ExplainedLine => ({
  line,
  at: START + i * 1000,
  text: `Receiving block blk_${i * 7919} src: /10.251.${i % 200}.14:${line} dest: node-${i % 13}`,
  template: 'Receiving block <*> src: <*> dest: <*>',
  templateId: line,
  surprise: odd ? 9.5 : 0.1,
  expected: odd ? [{ templateId: 2, template: 'Verification succeeded for <*>', p: 0.9 }] : [],
  odd,
})

/** Ids that sort in no order of time. */
const idOf = (i: number): string =>
  (Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0').repeat(4)

/** The `i`-th made anomaly: a second after the one before, with so many lines, the last one odd. */
export const madeAnomaly = (i: number, lines = 1, more: Partial<Anomaly> = {}): Anomaly => ({
  id: idOf(i),
  at: START + i * 1000,
  firstSeen: START + i * 1000,
  lastSeen: START + i * 1000,
  source: `node-${i % 20}`,
  session: `blk_${i * 7919}`,
  kind: KINDS[i % KINDS.length]!,
  score: (i % 100) / 100,
  pValue: 0.001,
  voices: [{ name: 'ngram', score: 3, pValue: 0.001 }],
  lines: Array.from({ length: lines }, (_, line) => lineOf(i, line, line === lines - 1)),
  missing: [],
  model: { name: 'default', version: '20260105T080000123Z-1f2e3d4c' },
  ...more,
})

/** An anomaly whose odd line says this. */
export const saying = (i: number, text: string, more: Partial<Anomaly> = {}): Anomaly =>
  madeAnomaly(i, 1, { lines: [{ ...lineOf(i, 0, true), text }], ...more })

export const madeIncident = (i: number, more: Partial<Incident> = {}): Incident => {
  const at = START + i * 60_000
  const mark = { anomaly: idOf(i), at, source: `node-${i % 20}`, text: 'Disk gone', score: 0.9 }
  return {
    id: `incident-${i}`,
    title: `3 odd sessions of node-${i % 20}`,
    state: 'open',
    severity: 'high',
    firstSeen: at,
    lastSeen: at + 30_000,
    first: mark,
    worst: mark,
    anomalies: 3,
    sources: [{ source: `node-${i % 20}`, anomalies: 3, firstSeen: at }],
    moreSources: 0,
    kinds: { count: 3 },
    templates: [{ template: 'Disk <*> gone', anomalies: 3 }],
    sessions: [`blk_${i}`],
    reopened: 0,
    ...more,
  }
}

export const madeFeedback = (i: number, more: Partial<Feedback> = {}): Feedback => ({
  id: `feedback-${i}`,
  anomaly: idOf(i % 3),
  verdict: 'normal',
  session: ['Receiving block <*>', 'Received block <*>'],
  kind: 'key',
  templates: [],
  created: START + i,
  ...more,
})

export const madeSuppression = (
  i: number,
  more: Partial<Suppression> = {},
): Omit<Suppression, 'hidden'> => ({
  id: `suppression-${i}`,
  source: 'node-*',
  reason: 'known',
  by: 'ann',
  created: START + i,
  ...more,
})

export const madeJob = (i: number, more: Partial<Job> = {}): Job => ({
  id: `job-${i}`,
  state: 'waiting',
  request: { file: 'a.log', epochs: 3 },
  created: START + i,
  ...more,
})

export const madeReport = (i: number, more: Partial<StoredReport> = {}): StoredReport => ({
  id: `report-${i}`,
  incident: `incident-${i % 2}`,
  created: START + i,
  report: { cause: 'disk' },
  ...more,
})

export const madeEdit = (i: number, more: Partial<TemplateEdit> = {}): TemplateEdit => ({
  id: `edit-${i}`,
  kind: 'name',
  templates: ['Receiving block <*>'],
  value: { name: 'receive' },
  created: START + i,
  ...more,
})
