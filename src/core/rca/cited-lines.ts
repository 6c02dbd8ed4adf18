import { cutAtBlank } from './cut-text.ts'
import type { CitedLine, RcaEvent, RcaReport } from './types.ts'

/** Longer texts are cut, at a blank: no value that is to be hidden later may be cut in two. */
const TEXT_CHARS = 2048
/** All texts together: a report stays small enough to be sent. */
const ALL_CHARS = 200_000

/** A report with the lines that it cites, in their order. What no line shows cites the one before it. */
export const withLines = (
  report: RcaReport,
  events: readonly RcaEvent[],
): RcaReport & { lines: CitedLine[] } => {
  const whole = withEvidence(report, events)
  return { ...whole, lines: citedLines(whole, events) }
}

/** Of what did not come there is no line: the last one of its service before that time stands for it. */
const withEvidence = (report: RcaReport, events: readonly RcaEvent[]): RcaReport => {
  const { start = 0, suspects, timeline, missing } = report
  const lastBefore = (service: string, at: number): string[] => {
    let own: RcaEvent | undefined
    let any: RcaEvent | undefined
    for (const event of events) {
      if (event.at > at) continue
      if (any === undefined || event.at >= any.at) any = event
      if (event.service === service && (own === undefined || event.at >= own.at)) own = event
    }
    return [own ?? any ?? events[0]].flatMap(event => event?.id ?? [])
  }
  const shown = <T extends { evidence: string[] }>(entry: T, service: string, at = start): T =>
    entry.evidence.length > 0 ? entry : { ...entry, evidence: lastBefore(service, at) }
  return {
    ...report,
    suspects: suspects.map(each => shown(each, each.name)),
    timeline: timeline.map(each => shown(each, each.service, each.at)),
    missing: missing.map(each => shown(each, each.service)),
  }
}

/** Picks from the events that a report was made of the lines that it cites. */
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
export const citedIds = ({
  firstDeviation,
  suspects,
  missing,
  timeline,
  parameters = [],
}: RcaReport): string[] => [
  ...new Set([
    ...(firstDeviation === undefined ? [] : [firstDeviation.line]),
    ...[...suspects, ...missing, ...timeline, ...parameters].flatMap(({ evidence }) => evidence),
  ]),
]

export const kindOf = (service: string, template: string): string => `${service}\n${template}`
