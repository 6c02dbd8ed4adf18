import { cutAtBlank } from './cut-text.ts'
import type { CitedLine, RcaEvent, RcaReport } from './types.ts'

/** Longer texts are cut, at a blank: no value that is to be hidden later may be cut in two. */
const TEXT_CHARS = 2048
/** All texts together: a report stays small enough to be sent. */
const ALL_CHARS = 200_000

/** Picks from the events that a report was made of the lines that it cites, in their order. */
export const citedLines = (report: RcaReport, events: Iterable<RcaEvent>): CitedLine[] => {
  const wanted = new Set(citedIds(report))
  const most = mostChars(wanted.size)
  const lines: CitedLine[] = []
  const counts = new Map<string, number>()
  for (const { id, at, service, instance, template, text } of events) {
    const kind = kindOf(service, template)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (!wanted.delete(id)) continue
    lines.push({
      ...{ id, at, service, template, text: cutAtBlank(text, most), count: 1 },
      ...(instance !== undefined && { instance }),
    })
  }
  return lines.map(line => ({
    ...line,
    template: cutAtBlank(line.template, most),
    count: counts.get(kindOf(line.service, line.template)) ?? 1,
  }))
}

/** Longest text of each of so many lines. */
export const mostChars = (lines: number): number =>
  Math.min(TEXT_CHARS, Math.floor(ALL_CHARS / Math.max(1, lines)))

/** Ids of lines that a report names, most telling first, each once. */
export const citedIds = ({ firstDeviation, suspects, missing, timeline }: RcaReport): string[] => [
  ...new Set([
    ...(firstDeviation === undefined ? [] : [firstDeviation.line]),
    ...[...suspects, ...missing, ...timeline].flatMap(({ evidence }) => evidence),
  ]),
]

export const kindOf = (service: string, template: string): string => `${service}\n${template}`
