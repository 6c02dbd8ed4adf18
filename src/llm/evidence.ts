import type { RcaEvent, RcaReport } from '../core/rca/types.ts'
import { cutAtBlank } from './clean-text.ts'

/** The lines that a report cites, and how often lines of their kinds came. */
export interface ReportEvidence {
  lines: EvidenceLine[]
}

export type EvidenceLine = Pick<
  RcaEvent,
  'id' | 'at' | 'service' | 'instance' | 'template' | 'text'
> & {
  /** Lines of its service and template, itself among them. */
  count: number
}

/** Longer ones are cut, at a blank: no value that is to be hidden may be cut in two. */
const TEXT_CHARS = 2048

/** Picks from the events that a report was made of what it cites; small enough to be sent or kept. */
export const evidenceOf = (report: RcaReport, events: Iterable<RcaEvent>): ReportEvidence => {
  const wanted = new Set(citedIds(report))
  const lines: EvidenceLine[] = []
  const counts = new Map<string, number>()
  for (const { id, at, service, instance, template, text } of events) {
    const kind = kindOf(service, template)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (!wanted.delete(id)) continue
    lines.push({
      ...{ id, at, service, template, text: cutAtBlank(text, TEXT_CHARS), count: 1 },
      ...(instance !== undefined && { instance }),
    })
  }
  for (const line of lines) line.count = counts.get(kindOf(line.service, line.template)) ?? 1
  return { lines }
}

/** Ids of lines that a report names, most telling first, each once. */
export const citedIds = ({ firstDeviation, suspects, missing, timeline }: RcaReport): string[] => [
  ...new Set([
    ...(firstDeviation === undefined ? [] : [firstDeviation.line]),
    ...[...suspects, ...missing, ...timeline].flatMap(({ evidence }) => evidence),
  ]),
]

export const kindOf = (service: string, template: string): string => `${service}\n${template}`
