import type { Anomaly, ExplainedLine } from '../types.ts'
import { kindOf, mostChars } from './cited-lines.ts'
import { cutAtBlank } from './cut-text.ts'
import type {
  CitedLine,
  RcaDeviation,
  RcaImpact,
  RcaMissing,
  RcaReport,
  Suspect,
  TimelineEntry,
} from './types.ts'

const MOST_SUSPECTS = 10
const MOST_EVIDENCE = 12
const MOST_TIMELINE = 30
const MOST_MISSING = 20
/** Lines of an anomaly that are shown. */
const MOST_SHOWN = 3

/** One anomaly by its lines: the odd ones, or where none is odd the last. */
interface Told {
  anomaly: Anomaly
  lines: { id: string; service: string; line: ExplainedLine }[]
}

/**
 * What anomalies alone say: who showed something odd first and most, which need not be who is to
 * blame. Deterministic.
 */
export const reportOfAnomalies = (
  anomalies: readonly Anomaly[],
): RcaReport & { lines: CitedLine[] } => {
  const told = tell(anomalies)
  const suspects = suspectsOf(told).slice(0, MOST_SUSPECTS)
  const begin = deviationOf(told)
  const timeline = told.slice(0, MOST_TIMELINE).map(timelineOf)
  const [first, second] = suspects
  const lead = (first?.score ?? 0) - (second?.score ?? 0)
  const count = anomalies.reduce((sum, { lines }) => sum + lines.length, 0)
  const report: RcaReport = {
    found: told.length > 0,
    summary: summaryOf(told, first, begin),
    // Who is odd most is known, and not why: never more than even.
    confidence: round(lead / 2),
    ...(told.length > 0 && { start: told[0]!.anomaly.at }),
    suspects,
    timeline,
    impact: impactOf(told, count),
    ...(begin && { firstDeviation: begin }),
    missing: told.flatMap(missingOf).slice(0, MOST_MISSING),
    cut: { lines: count, left: 0, notes: notesOf(told) },
  }
  return { ...report, lines: citedOf(report, told) }
}

const tell = (anomalies: readonly Anomaly[]): Told[] => {
  const texts = new Map<string, string>()
  /** Lines of several inputs may bear the same number. */
  const idOf = (source: string, { line, text }: ExplainedLine): string => {
    for (let copy = 1; ; copy++) {
      const id = `${source}:${line}${copy === 1 ? '' : `~${copy}`}`
      const known = texts.get(id)
      if (known !== undefined && known !== text) continue
      texts.set(id, text)
      return id
    }
  }
  return anomalies
    .toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    .map(anomaly => {
      const odd = anomaly.lines.filter(line => line.odd)
      const lines = odd.length > 0 ? odd : anomaly.lines.slice(-1)
      return {
        anomaly,
        lines: lines.map(line => {
          const service = line.source ?? anomaly.source
          return { id: idOf(service, line), service, line }
        }),
      }
    })
}

interface Pointed {
  /** Weight by kind of anomaly. */
  parts: Map<string, number>
  count: number
  evidence: string[]
}

/** Each anomaly weighs by how rare it is, −ln p, and points at where its lines come from. */
const suspectsOf = (told: readonly Told[]): Suspect[] => {
  const found = new Map<string, Pointed>()
  let whole = 0
  for (const { anomaly, lines } of told) {
    const weight = -Math.log(Math.min(0.999, Math.max(anomaly.pValue, 1e-12)))
    whole += weight
    const sources = lines.length > 0 ? lines.map(({ service }) => service) : [anomaly.source]
    for (const source of new Set(sources)) {
      const row: Pointed = found.get(source) ?? { parts: new Map(), count: 0, evidence: [] }
      const part = (weight * sources.filter(each => each === source).length) / sources.length
      row.parts.set(anomaly.kind, (row.parts.get(anomaly.kind) ?? 0) + part)
      row.count++
      const own = lines.filter(({ service }) => service === source).map(({ id }) => id)
      row.evidence.push(...own.slice(0, MOST_SHOWN))
      found.set(source, row)
    }
  }
  return [...found]
    .map(([name, { parts, count, evidence }]) => {
      const shares = [...parts].map(([kind, part]) => [kind, round(part / whole)] as const)
      return {
        ...{ name, kind: 'service' as const },
        score: round(shares.reduce((sum, [, share]) => sum + share, 0)),
        parts: Object.fromEntries(shares),
        why: `${count} of ${told.length} anomalies: ${shares.map(([kind]) => kind).join(', ')}`,
        evidence: [...new Set(evidence)].slice(0, MOST_EVIDENCE),
      }
    })
    .sort((a, b) => b.score - a.score)
}

const deviationOf = (told: readonly Told[]): RcaDeviation | undefined => {
  const begun = told
    .flatMap(({ anomaly, lines }) =>
      lines.map(each => ({ ...each, expected: expectedOf(anomaly, each.line) })),
    )
    .sort((a, b) => a.line.at - b.line.at || a.line.line - b.line.line)
  const first = begun.find(({ line }) => line.odd) ?? begun[0]
  if (first === undefined) return undefined
  const { id, service, line, expected } = first
  return {
    ...{ at: line.at, service, template: line.template, line: id, text: line.text },
    expected: expected.map(({ template, p }) => ({ service, template, p })),
  }
}

/** In place of an odd line, or after the last. */
const expectedOf = ({ ending }: Anomaly, line: ExplainedLine): ExplainedLine['expected'] =>
  line.odd ? line.expected : (ending?.expected ?? [])

const timelineOf = ({ anomaly, lines }: Told): TimelineEntry => {
  const [first] = lines
  const says = first === undefined ? '' : `: "${first.line.template}"`
  return {
    ...{ at: first?.line.at ?? anomaly.at, service: first?.service ?? anomaly.source },
    what: `${anomaly.kind} in ${anomaly.session}${says}`,
    evidence: lines.slice(0, MOST_SHOWN).map(({ id }) => id),
  }
}

const missingOf = ({ anomaly, lines }: Told): RcaMissing[] =>
  anomaly.missing.map(({ template, expected, got }) => ({
    ...{ service: anomaly.source, template, expected, got },
    evidence: lines.slice(-1).map(({ id }) => id),
  }))

const impactOf = (told: readonly Told[], lines: number): RcaImpact => {
  const sessions = new Set(told.map(({ anomaly }) => `${anomaly.source}\n${anomaly.session}`)).size
  const services = told.flatMap(each => [
    each.anomaly.source,
    ...each.lines.map(({ service }) => service),
  ])
  return { lines, services: [...new Set(services)], traces: sessions, affected: sessions }
}

const summaryOf = (
  told: readonly Told[],
  most: Suspect | undefined,
  begin: RcaDeviation | undefined,
): string => {
  if (most === undefined) return 'Nothing is odd in these lines.'
  const count = told.length === 1 ? 'One anomaly' : `${told.length} anomalies, most`
  const where = `${count} in ${most.name}.`
  if (begin === undefined) return where
  // A line may be odd where another of its own kind is expected.
  const best = begin.expected.find(({ template }) => template !== begin.template)
  const instead = best === undefined ? '' : `; "${best.template}" was expected`
  return `${where} It began in ${begin.service} with "${begin.template}"${instead}.`
}

const notesOf = (told: readonly Told[]): string[] =>
  told.length > MOST_TIMELINE
    ? [`the timeline holds the first ${MOST_TIMELINE} of ${told.length} anomalies`]
    : []

const citedOf = (
  { suspects, timeline, missing, firstDeviation }: RcaReport,
  told: readonly Told[],
): CitedLine[] => {
  const cited = new Set(
    [...suspects, ...timeline, ...missing].flatMap(({ evidence }) => evidence),
  ).add(firstDeviation?.line ?? '')
  const counts = new Map<string, number>()
  const lines = new Map<string, Omit<CitedLine, 'count'>>()
  for (const { id, service, line } of told.flatMap(each => each.lines)) {
    if (lines.has(id)) continue
    const { at, template, text } = line
    counts.set(kindOf(service, template), (counts.get(kindOf(service, template)) ?? 0) + 1)
    lines.set(id, { id, at, service, template, text })
  }
  const most = mostChars(cited.size)
  return [...lines.values()]
    .filter(({ id }) => cited.has(id))
    .map(line => ({
      ...line,
      template: cutAtBlank(line.template, most),
      text: cutAtBlank(line.text, most),
      count: counts.get(kindOf(line.service, line.template))!,
    }))
}

const round = (value: number): number => Math.round(value * 1000) / 1000
