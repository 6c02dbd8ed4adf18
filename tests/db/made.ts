import type { Anomaly, AnomalyKind, ExplainedLine } from '../../src/core/types.ts'

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

/** The `i`-th made anomaly: a second after the one before, with so many lines, the last one odd. */
export const madeAnomaly = (i: number, lines = 1, more: Partial<Anomaly> = {}): Anomaly => ({
  id: Bun.hash(`${i}`).toString(16).padStart(16, '0').repeat(2),
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
