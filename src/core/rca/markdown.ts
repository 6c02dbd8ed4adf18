import { oneLine } from './cut-text.ts'
import { ODDNESS, oddsText } from './oddness-text.ts'
import type {
  CitedLine,
  KeptReport,
  RcaMissing,
  RcaParameter,
  RcaReport,
  SimilarIncident,
  Suspect,
} from './types.ts'

/** What is known beyond the facts is shown where it is there. */
type Shown = RcaReport & Partial<Pick<KeptReport, 'lines' | 'similar' | 'narrative'>>

/** Ids that stand behind a sentence. */
const MOST_CITED = 5

/**
 * The report for people. Whatever it says of the logs names the lines that show it, and these stand at
 * its end where they are at hand. Log text in it is text: it neither formats nor links anything.
 */
export const toMarkdown = (report: Shown): string => {
  const { found, summary, confidence, start, suspects, timeline, firstDeviation, missing } = report
  const begin = start === undefined ? '' : ` It began at ${time(start)}.`
  const blocks = [
    ['# Root cause', '', said(summary, summaryIds(report)), ...wordsOf(report)],
    found ? [`Confidence ${confidence}, from 0 to 1.${begin}`] : [],
    section('Suspects', suspects.flatMap(suspectLines)),
    section('First deviation', firstDeviation === undefined ? [] : deviationLines(firstDeviation)),
    section('Missing', missing.map(missingLine)),
    section('In common', (report.parameters ?? []).map(parameterLine)),
    section(
      'Timeline',
      timeline.map(({ at, what, evidence }) => `- ${time(at)} ${said(what, evidence)}`),
    ),
    section('Impact', found ? [impactLine(report)] : []),
    section('Similar incidents', (report.similar ?? []).map(similarLine)),
    section('Lines', (report.lines ?? []).map(lineOf)),
    report.lines?.some(line => oddsText(line) !== undefined) ? [ODDNESS] : [],
    [cutLine(report.cut)],
  ]
  const texts = blocks.filter(lines => lines.length > 0).map(lines => lines.join('\n'))
  return `${texts.join('\n\n')}\n`
}

const time = (at: number): string => new Date(at).toISOString()

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`## ${title}`, '', ...lines]

/** A sentence with its lines. */
const said = (text: string, ids: readonly string[]): string =>
  ids.length === 0 ? plain(text) : `${plain(text)} (${cited(ids)})`

const cited = (ids: readonly string[]): string => ids.slice(0, MOST_CITED).map(code).join(', ')

/** What the first suspect, or the first deviation, is shown by. */
const summaryIds = ({ suspects, firstDeviation }: RcaReport): string[] => {
  const [first] = suspects
  if (first !== undefined && first.evidence.length > 0) return first.evidence
  return firstDeviation === undefined ? [] : [firstDeviation.line]
}

const wordsOf = ({ narrative }: Shown): string[] => {
  if (narrative === undefined) return []
  const { sentences, model, cut } = narrative
  const words = sentences.map(({ text, evidence }) => `- ${said(text, evidence)}`)
  const notes = cut.map(note => ` ${plain(note)}.`).join('')
  return ['', `In the words of ${plain(model)}:${notes}`, '', ...words]
}

const suspectLines = ({ name, kind, score, parts, why, evidence, ties }: Suspect, i: number) => {
  const sum = Object.entries(parts).map(([part, value]) => `${part} ${value}`)
  return [
    `${i + 1}. **${plain(name)}** (${kind}), score ${score}${sum.length > 0 ? ` = ${sum.join(' + ')}` : ''}`,
    `   ${said(why, evidence)}`,
    ...(ties === undefined
      ? []
      : [`   ${said(`not told apart from ${ties.join(', ')}`, evidence)}`]),
  ]
}

const deviationLines = ({
  at,
  service,
  text,
  line,
  expected,
}: NonNullable<RcaReport['firstDeviation']>): string[] => {
  const instead = expected.map(
    each => `"${plain(each.template)}" of ${plain(each.service)} (p ${each.p.toFixed(2)})`,
  )
  return [
    `${time(at)} ${plain(service)}: ${said(text, [line])}`,
    ...(instead.length > 0 ? ['', `Expected there: ${instead.join(' or ')} (${code(line)})`] : []),
  ]
}

/** What affected requests have in common. */
const parameterLine = ({ name, value, affected, healthy, support, lift, evidence }: RcaParameter) =>
  `- ${said(
    `${name} is "${value}" in ${affected} affected requests (${Math.round(100 * support)} %) and ` +
      `${healthy} healthy ones, ${lift} times as often`,
    evidence,
  )}`

const missingLine = ({ service, template, expected, got, evidence }: RcaMissing): string => {
  const what = `- "${plain(template)}" of ${plain(service)}: ${count(got)} of ${count(expected)} came`
  return evidence.length > 0 ? `${what} (after ${cited(evidence)})` : what
}

const impactLine = ({ impact, timeline }: RcaReport): string => {
  const { affected, traces, services } = impact
  const requests = traces > 0 ? `${affected} of ${traces} requests or sessions, ` : ''
  const where = `${requests}${services.length} services: ${services.join(', ')}`
  return said(
    where,
    timeline.flatMap(({ evidence }) => evidence.slice(0, 1)),
  )
}

const similarLine = (similar: SimilarIncident): string => {
  const { incident, title, at, score, suspect, note, feedback } = similar
  const told = [suspect && `it was ${suspect}`, note, feedback].flatMap(each => each || [])
  const alike = `incident ${code(incident)}, ${Math.round(100 * score)} % alike`
  return `- ${time(at)} ${plain(title)} (${alike})${told.map(each => `; ${plain(each)}`).join('')}`
}

const lineOf = (line: CitedLine): string => {
  const { id, at, service, text, expected = [] } = line
  const odds = oddsText(line)
  const instead = expected.map(each => `"${plain(each.template)}" (p ${each.p.toFixed(2)})`)
  const said = [
    ...(odds === undefined ? [] : [odds]),
    ...(instead.length > 0 ? [`expected: ${instead.join(' or ')}`] : []),
  ]
  const shown = `- ${code(id)} ${time(at)} ${plain(service)}: ${code(text)}`
  return said.length > 0 ? `${shown} (${said.join('; ')})` : shown
}

const cutLine = ({ lines, left, notes }: RcaReport['cut']): string => {
  const said = left > 0 ? [`${left} of ${lines} lines were left out`, ...notes] : notes
  return plain([`Looked at ${lines - left} lines`, ...said].map(each => `${each}.`).join(' '))
}

const count = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 })

/** Text in which nothing formats, links or is HTML; on one line. */
const plain = (text: string): string =>
  oneLine(text).replace(/[\\`*]|<(?=[A-Za-z/!?])|(?<=\])\(/g, mark => `\\${mark}`)

/** As it stands, on one line. */
const code = (text: string): string => {
  const inner = oneLine(text)
  const runs = inner.match(/`+/g) ?? []
  const fence = '`'.repeat(1 + Math.max(0, ...runs.map(({ length }) => length)))
  const pad = /^`|`$/.test(inner) ? ' ' : ''
  return `${fence}${pad}${inner}${pad}${fence}`
}
