import type { Deviation, RootCause } from '../core/rca/root-cause.ts'
import type { RcaReport } from '../core/rca/types.ts'
import type { ReportEvidence } from './evidence.ts'
import { createNarrator, type Env, type NarratorHooks, type NarratorSettings } from './narrator.ts'

/** Words for what anomalies alone say; `sources` are `<anomaly's id>#<line>`. */
export const narratorOf = (settings: NarratorSettings, env: Env, hooks: NarratorHooks = {}) => {
  const narrate = createNarrator(settings, env, hooks)
  if (narrate === undefined) return undefined
  return async (
    facts: RootCause,
    signal: AbortSignal,
  ): Promise<{ text: string; sources: string[] } | undefined> => {
    const told = await narrate(reportOf(facts), { signal, evidence: evidenceOf(facts) })
    if (told === undefined) return undefined
    return { text: told.text, sources: [...new Set(told.sentences.flatMap(each => each.evidence))] }
  }
}

const idOf = ({ anomaly, line }: Deviation): string => `${anomaly}#${line}`

const evidenceOf = ({ oddLines }: RootCause): ReportEvidence => ({
  lines: oddLines.map(each => ({ ...each, id: idOf(each), service: each.source, count: 1 })),
})

const reportOf = ({
  summary,
  suspects,
  firstDeviation,
  oddLines,
  missing,
}: RootCause): RcaReport => ({
  ...{ found: oddLines.length > 0, summary, confidence: 0 },
  suspects: suspects.map(({ source, share, anomalies }) => ({
    ...{ name: source, kind: 'service', score: share, parts: {}, why: `${anomalies} anomalies` },
    evidence: oddLines.filter(line => line.source === source).map(idOf),
  })),
  timeline: oddLines.map(line => ({
    ...{ at: line.at, service: line.source, what: line.kind, evidence: [idOf(line)] },
  })),
  impact: { lines: oddLines.length, services: [], traces: 0, affected: 0 },
  ...(firstDeviation && {
    firstDeviation: {
      ...{ at: firstDeviation.at, service: firstDeviation.source, text: firstDeviation.text },
      ...{ template: firstDeviation.template, line: idOf(firstDeviation) },
      expected: firstDeviation.expected.map(({ template, p }) => ({
        ...{ service: firstDeviation.source, template, p },
      })),
    },
  }),
  missing: missing.map(({ session, template, expected, got }) => ({
    ...{ service: session, template, expected, got, evidence: [] },
  })),
  cut: { lines: 0, left: 0, notes: [] },
})
