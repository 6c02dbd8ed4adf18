import * as v from 'valibot'
import { schema } from '../../src/config/schema.ts'
import { citedLines } from '../../src/core/rca/cited-lines.ts'
import type { CitedLine, Narrative, RcaEvent, RcaReport } from '../../src/core/rca/types.ts'
import { createNarrator, type NarratorSettings } from '../../src/llm/narrator.ts'

export const AT = Date.UTC(2026, 0, 5, 8)

export const line = (id: string, service: string, text: string, at = AT): RcaEvent => ({
  ...{ id, at, service, text, template: text.replace(/\S*\d\S*/g, '<*>') },
})

/** Lines of a shop whose stock does not answer. */
export const EVENTS = [
  line('a.log:1', 'stock-service', 'disk of 10.1.2.3 is full', AT + 10),
  line('b.log:7', 'cart-service', 'call to stock-service timed out for user jroe', AT + 900),
  line('b.log:8', 'cart-service', 'call to stock-service timed out for user jroe', AT + 950),
  line('c.log:3', 'web', 'GET /cart failed with 503', AT + 1000),
]

export const REPORT: RcaReport = {
  found: true,
  summary: 'Most likely stock-service: an unseen line; next cart-service.',
  confidence: 0.7,
  start: AT,
  suspects: [
    {
      ...{ name: 'stock-service', kind: 'service', score: 3.21, parts: { new: 3.21 } },
      ...{ why: 'a line that was never seen: "disk of <*> is full"', evidence: ['a.log:1'] },
    },
    {
      ...{ name: 'cart-service', kind: 'service', score: 1.2, parts: { error: 1.2 } },
      ...{ why: 'more errors', evidence: ['b.log:7', 'b.log:8'] },
    },
  ],
  timeline: [
    { at: AT + 10, service: 'stock-service', what: 'an unseen line', evidence: ['a.log:1'] },
    { at: AT + 1000, service: 'web', what: 'errors', evidence: ['c.log:3'] },
  ],
  impact: {
    lines: 40,
    services: ['stock-service', 'cart-service', 'web'],
    traces: 20,
    affected: 7,
  },
  firstDeviation: {
    ...{ at: AT + 10, service: 'stock-service', template: 'disk of <*> is full' },
    ...{ line: 'a.log:1', text: 'disk of 10.1.2.3 is full' },
    expected: [{ service: 'stock-service', template: 'item <*> reserved', p: 0.93 }],
  },
  missing: [
    {
      ...{ service: 'stock-service', template: 'item <*> reserved', expected: 20, got: 13 },
      evidence: ['b.log:7'],
    },
  ],
  cut: { lines: 40, left: 0, notes: [] },
}

export const LINES = citedLines(REPORT, EVENTS)

/** A report about these lines alone. */
export const reportOn = (events: readonly RcaEvent[]): [RcaReport, CitedLine[]] => {
  const ids = events.map(({ id }) => id)
  const report: RcaReport = {
    ...REPORT,
    suspects: [{ ...REPORT.suspects[0]!, why: 'odd lines', evidence: ids }],
    timeline: ids.map(id => ({ at: AT, service: 'stock-service', what: 'odd', evidence: [id] })),
    missing: [],
  }
  delete report.firstDeviation
  return [report, citedLines(report, events)]
}

/** Settings as they are where nothing is set. */
export const settings = (given: Partial<NarratorSettings>): NarratorSettings => ({
  ...v.parse(schema, {}).rca.llm,
  ...{ model: 'm', timeoutSeconds: 10 },
  ...given,
})

export interface Told {
  narrative: Narrative | undefined
  /** What was told while the answer was written. */
  chunks: string[]
  /** Names of the hooks that were called, with what they were told. */
  heard: [name: string, ...unknown[]][]
}

export interface Talk {
  (report?: RcaReport, lines?: readonly CitedLine[], signal?: AbortSignal): Promise<Told>
  heard: Told['heard']
}

/** A narrator whose hooks are all heard. */
export const talk = (
  url: string,
  given: Partial<NarratorSettings> = {},
  env: Record<string, string> = { LOGBERT_LLM_TOKEN: 'sesame' },
): Talk => {
  const heard: Told['heard'] = []
  const hear =
    (name: string) =>
    (...told: unknown[]): void =>
      void heard.push([name, ...told])
  const narrate = createNarrator(settings({ endpointUrl: url, ...given }), env, {
    ...{ asked: hear('asked'), used: hear('used'), failed: hear('failed') },
    ...{ answered: hear('answered'), cached: hear('cached'), removed: hear('removed') },
    breaker: hear('breaker'),
  })!
  const ask = async (
    report = REPORT,
    lines: readonly CitedLine[] = LINES,
    signal = new AbortController().signal,
  ): Promise<Told> => {
    const chunks: string[] = []
    const from = heard.length
    const onText = (chunk: string): void => void chunks.push(chunk)
    const narrative = await narrate(report, { signal, lines, onText })
    return { narrative, chunks, heard: heard.slice(from) }
  }
  return Object.assign(ask, { heard })
}

/** An answer of sentences. */
export const answer = (...sentences: [text: string, lines: string[], suspects?: string[]][]) =>
  JSON.stringify({
    sentences: sentences.map(([text, lines, suspects = []]) => ({ lines, suspects, text })),
  })

export const ANSWER = answer(
  ['The disk of <IP_1> filled up in stock-service.', ['L1'], ['S1']],
  ['So calls of cart-service for <USER_1> timed out.', ['L2', 'L1'], ['S2']],
)
