import type { Anomaly, AnomalyKind, ExpectedTemplate, ExplainedLine } from '../types.ts'

/** Where trouble began and what shows it; facts only, found in the anomalies themselves. */
export interface RootCause {
  /** One sentence for a person. */
  summary: string
  /** The earliest line that was not as expected, over all anomalies. */
  firstDeviation?: Deviation
  /** Odd lines of all anomalies, in order of time. */
  oddLines: Deviation[]
  /** Steps that normal sessions have and these lack. */
  missing: { session: string; template: string; expected: number; got: number }[]
  /** Sources by how much points at them, most first. */
  suspects: { source: string; anomalies: number; firstSeen: number; share: number }[]
  anomalies: string[]
}

export interface Deviation {
  anomaly: string
  source: string
  session: string
  kind: AnomalyKind
  line: number
  at: number
  text: string
  template: string
  surprise: number
  expected: ExpectedTemplate[]
}

const MOST_LINES = 200

/**
 * Orders what anomalies say by time: the first line that deviated is the best guess at the cause,
 * later ones are its echo. Deterministic.
 */
export const rootCause = (anomalies: readonly Anomaly[]): RootCause => {
  const oddLines = anomalies
    .flatMap(anomaly => anomaly.lines.filter(line => line.odd).map(line => deviate(anomaly, line)))
    .sort((a, b) => a.at - b.at || a.line - b.line)
    .slice(0, MOST_LINES)
  const missing = anomalies.flatMap(({ session, missing: lacking }) =>
    lacking.map(({ template, expected, got }) => ({ session, template, expected, got })),
  )
  const firstDeviation = oddLines[0]
  return {
    summary: summarise(anomalies, firstDeviation, missing),
    ...(firstDeviation !== undefined && { firstDeviation }),
    oddLines,
    missing,
    suspects: rankSources(anomalies),
    anomalies: anomalies.map(({ id }) => id),
  }
}

const deviate = (anomaly: Anomaly, line: ExplainedLine): Deviation => ({
  anomaly: anomaly.id,
  source: anomaly.source,
  session: anomaly.session,
  kind: anomaly.kind,
  line: line.line,
  at: line.at,
  text: line.text,
  template: line.template,
  surprise: line.surprise,
  expected: line.expected,
})

/** Each anomaly weighs by how rare it is (−ln p). */
const rankSources = (anomalies: readonly Anomaly[]): RootCause['suspects'] => {
  const sources = new Map<string, { anomalies: number; firstSeen: number; weight: number }>()
  let whole = 0
  for (const { source, firstSeen, pValue } of anomalies) {
    const row = sources.get(source) ?? { anomalies: 0, firstSeen, weight: 0 }
    const weight = -Math.log(Math.max(pValue, 1e-12))
    row.anomalies++
    row.firstSeen = Math.min(row.firstSeen, firstSeen)
    row.weight += weight
    whole += weight
    sources.set(source, row)
  }
  return [...sources]
    .map(([source, { weight, ...row }]) => ({
      source,
      ...row,
      share: whole > 0 ? weight / whole : 0,
    }))
    .sort((a, b) => b.share - a.share || a.firstSeen - b.firstSeen)
}

const summarise = (
  anomalies: readonly Anomaly[],
  first: Deviation | undefined,
  missing: RootCause['missing'],
): string => {
  if (anomalies.length === 0) return 'Nothing is odd in these lines.'
  const [suspect] = rankSources(anomalies)
  const where = `${anomalies.length === 1 ? 'One anomaly' : `${anomalies.length} anomalies`}, most in ${suspect!.source}.`
  if (first !== undefined) {
    const [best] = first.expected
    const instead = best === undefined ? '' : `; "${best.template}" was expected`
    return `${where} It began in ${first.session} with "${first.template}"${instead}.`
  }
  const [lack] = missing
  if (lack === undefined) return where
  return `${where} ${lack.session} lacks "${lack.template}" (${lack.expected} expected, ${lack.got} came).`
}
