import type { Anomaly, ExplainedLine } from '../core/types.ts'

const BEFORE = 3
const MOST_ODD = 5
const MOST_MISSING = 5
const WIDTH = 200

/** An anomaly for a person at a terminal: what is odd, what came before, expected, missing. */
export const showAnomaly = (anomaly: Anomaly): string => {
  const { kind, source, session, lines, missing, voices } = anomaly
  const where = lines.length === 0 ? source : placeOf(source, lines)
  const out = [
    // Files of sequences have no time.
    `${kind.toUpperCase()}  ${session}  (${where}${anomaly.at > 0 ? `, ${new Date(anomaly.at).toISOString()}` : ''})`,
  ]
  for (const line of pick(lines)) out.push(...showLine(line))
  if (anomaly.ending !== undefined) out.push(...showEnding(anomaly))
  for (const { template, expected, got } of missing.slice(0, MOST_MISSING)) {
    out.push(`  missing   ${clip(template)}  (${number(expected)} expected, ${got} came)`)
  }
  if (missing.length > MOST_MISSING) {
    out.push(`  missing   and ${missing.length - MOST_MISSING} more`)
  }
  const said = voices.map(({ name, pValue }) => `${name} ${share(pValue)}`).join(', ')
  out.push(`  how rare  ${share(anomaly.pValue)} of normal sessions (${said})`)
  if (anomaly.regime !== undefined) out.push(`  common    ${regimeOf(anomaly.regime)}`)
  return `${out.join('\n')}\n\n`
}

const placeOf = (source: string, lines: readonly ExplainedLine[]): string => {
  const sources = new Set(lines.flatMap(line => line.source ?? []))
  if (sources.size > 1) return `${lines.length} lines of ${sources.size} sources`
  return `${source} lines ${lines[0]!.line}-${lines.at(-1)!.line}`
}

const regimeOf = ({ alarms, withheld }: NonNullable<Anomaly['regime']>): string =>
  `${alarms} sessions like this one were odd lately, ${withheld} of them are not listed: a new ` +
  'normal (train again), or a failure that goes on (--drift off lists them all)'

/** Odd lines, each with the three before it. */
const pick = (lines: readonly ExplainedLine[]): ExplainedLine[] => {
  const odd = lines.flatMap((line, i) => (line.odd ? [i] : [])).slice(0, MOST_ODD)
  return lines.filter((_, i) => odd.some(at => i <= at && i >= at - BEFORE))
}

const showLine = (line: ExplainedLine): string[] => {
  const place = line.source === undefined ? `${line.line}` : `${line.source}:${line.line}`
  const text = `${place.padStart(8)}  ${clip(line.text)}`
  if (!line.odd) return [`  ${text}`]
  const expected = line.expected
    .slice(0, 3)
    .map(each => `            expected  ${share(each.p).padStart(8)}  ${clip(each.template)}`)
  return [`> ${text}`, ...expected]
}

const showEnding = ({ lines, ending }: Anomaly): string[] => {
  const odd = pick(lines).length > 0
  const before = odd ? [] : lines.slice(-BEFORE).map(line => ({ ...line, odd: false }))
  const expected = (ending?.expected ?? [])
    .slice(0, 3)
    .map(each => `            expected  ${share(each.p).padStart(8)}  ${clip(each.template)}`)
  return [...before.flatMap(showLine), '>           ends here', ...expected]
}

/** Control characters of a log must not reach the terminal. */
const clip = (text: string): string => {
  const plain = [...text.slice(0, WIDTH + 1)].map(safe).join('')
  return plain.length > WIDTH ? `${plain.slice(0, WIDTH)}…` : plain
}

const safe = (char: string): string => {
  const code = char.codePointAt(0)!
  return code < 32 || (code >= 127 && code < 160) ? '\u00B7' : char
}

const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 })

const share = (p: number): string =>
  p < 0.0001 ? '<0.01 %' : `${(100 * p).toLocaleString('en', { maximumSignificantDigits: 2 })} %`
