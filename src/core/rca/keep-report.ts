import type { Anomaly } from '../types.ts'
import { cutAtBlank } from './cut-text.ts'
import { isSame, withOddness } from './oddness.ts'
import { reportOfAnomalies } from './report-of-anomalies.ts'
import type { CitedLine, KeptReport, RcaReport } from './types.ts'

/** What the lines around the trouble say; or why there is no saying. */
export type Seen = { report: RcaReport & { lines: CitedLine[] } } | { why: string }

/** Longest text outside of the lines. */
const TEXT_CHARS = 1000

/**
 * The one form of a report: what the lines around the trouble say where they could be looked at,
 * else what the anomalies alone say. Lines that accuse nobody do not make anomalies undone: the
 * report then tells how these began, and names nobody.
 */
export const keepReport = (seen: Seen, anomalies: readonly Anomaly[]): KeptReport => {
  const ids = anomalies.map(({ id }) => id)
  if ('why' in seen) {
    const { cut, ...report } = reportOfAnomalies(anomalies)
    const notes = [`Told from the anomalies alone: ${seen.why}`, ...cut.notes]
    const told = { ...report, cut: { ...cut, notes }, basis: 'anomalies' as const, anomalies: ids }
    return bound(told, anomalies)
  }
  const { report } = seen
  if (report.found || anomalies.length === 0) {
    const told = { ...withRarest(report, anomalies), basis: 'lines' as const, anomalies: ids }
    return bound(told, anomalies)
  }
  const { summary, timeline, missing, firstDeviation, lines, start } = reportOfAnomalies(anomalies)
  const told = {
    ...report,
    summary: `${report.summary} The anomalies stand, without anybody to blame. ${summary}`,
    ...{ timeline, missing, lines },
    ...(start !== undefined && { start }),
    ...(firstDeviation && { firstDeviation }),
    ...{ basis: 'lines' as const, anomalies: ids },
  }
  return bound(told, anomalies)
}

/** Anomalies that a report of lines tells of, too. */
const MOST_TOLD = 5

type OfLines = RcaReport & { lines: CitedLine[] }

/** Where lines tell who is to blame, what the model found oddest stands in the course of it as well. */
const withRarest = (report: OfLines, anomalies: readonly Anomaly[]): OfLines => {
  const rarest = anomalies.toSorted((a, b) => a.pValue - b.pValue || a.at - b.at)
  const told = reportOfAnomalies(rarest.slice(0, MOST_TOLD))
  const texts = new Map(report.lines.map(({ id, text }) => [id, text]))
  // Where lines are numbered anew an id may be another line's.
  const isOther = new Set(
    told.lines.flatMap(({ id, text }) => {
      const known = texts.get(id) ?? text
      return isSame(known, text) || isSame(text, known) ? [] : [id]
    }),
  )
  const more = told.timeline.filter(
    ({ evidence }) => evidence.length > 0 && !evidence.some(id => isOther.has(id)),
  )
  const cited = new Set(more.flatMap(({ evidence }) => evidence))
  return {
    ...report,
    timeline: [...report.timeline, ...more].sort((a, b) => a.at - b.at),
    lines: [...report.lines, ...told.lines.filter(({ id }) => cited.has(id) && !texts.has(id))],
  }
}

/** However long the lines of a log are, a report of them is not. */
const bound = (report: Omit<KeptReport, 'similar'>, anomalies: readonly Anomaly[]): KeptReport => ({
  ...report,
  lines: withOddness(report.lines, anomalies),
  summary: short(report.summary),
  suspects: report.suspects.map(each => ({ ...each, why: short(each.why) })),
  timeline: report.timeline.map(each => ({ ...each, what: short(each.what) })),
  ...(report.parameters && {
    parameters: report.parameters.map(each => ({ ...each, name: short(each.name) })),
  }),
  missing: report.missing.map(each => ({ ...each, template: short(each.template) })),
  ...(report.firstDeviation && {
    firstDeviation: {
      ...report.firstDeviation,
      template: short(report.firstDeviation.template),
      text: short(report.firstDeviation.text),
      expected: report.firstDeviation.expected.map(each => ({
        ...each,
        template: short(each.template),
      })),
    },
  }),
  similar: [],
})

const short = (text: string): string => cutAtBlank(text, TEXT_CHARS)
