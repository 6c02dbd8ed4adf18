import type { MadeReport } from '../api/root-causes.ts'
import { ODDNESS, oddsText } from '../core/rca/oddness-text.ts'
import type {
  CitedLine,
  KeptReport,
  RcaMissing,
  RcaParameter,
  SimilarIncident,
  Suspect,
} from '../core/rca/types.ts'
import { count, make, timeOf } from './make.ts'

type Lines = ReadonlyMap<string, CitedLine>

export interface ReportCard {
  card: HTMLElement
  /** Puts a sentence behind those that are there. */
  say(text: string, evidence: readonly string[]): void
  /** Takes all sentences back. */
  unsay(): void
}

/** One report: who is to blame and why, each statement with the lines that show it behind a click. */
export const showReport = ({ report }: MadeReport, actions: HTMLElement): ReportCard => {
  const {
    suspects,
    timeline,
    firstDeviation,
    missing,
    similar,
    lines,
    summary,
    parameters = [],
  } = report
  const known: Lines = new Map(lines.map(line => [line.id, line]))
  const card = make('section', 'report')
  const words = make('div', 'words')
  card.append(
    headOf(report),
    make('p', 'summary', summary),
    words,
    ...suspects.slice(0, 1).map(each => suspectOf(each, known)),
    ...part('Other suspects', suspects.slice(1), each => suspectOf(each, known)),
    ...(firstDeviation === undefined
      ? []
      : [titled('First deviation', [deviationOf(firstDeviation, known)])]),
    ...part('Missing', missing, each => missingOf(each, known)),
    ...part('In common', parameters, each => commonOf(each, known)),
    ...part('Timeline', timeline, ({ at, what, evidence }) =>
      withLines(`${timeOf(at)}  ${what}`, evidence, known),
    ),
    ...part('Similar incidents', similar, similarOf),
    ...factsOf(report).map(text => make('p', 'facts', text)),
    actions,
  )
  return {
    card,
    say: (text, evidence) => words.append(withLines(text.trim(), evidence, known)),
    unsay: () => words.replaceChildren(),
  }
}

const headOf = ({ found, confidence, basis, start }: KeptReport): HTMLElement => {
  const head = make('h3', '', 'Root cause')
  head.append(
    make('span', 'chip', found ? `${Math.round(100 * confidence)} % sure` : 'nobody is named'),
  )
  if (basis === 'anomalies') head.append(make('span', 'chip', 'from the anomalies alone'))
  if (start !== undefined) head.append(make('time', '', `since ${timeOf(start)}`))
  return head
}

/** A statement; a click shows the lines behind it. */
const withLines = (text: string, ids: readonly string[], known: Lines): HTMLElement => {
  const lines = ids.flatMap(id => known.get(id) ?? [])
  if (lines.length === 0) return make('p', 'said', text)
  const said = make('details', 'said')
  said.append(make('summary', '', text), ...lines.map(lineOf))
  return said
}

const lineOf = (cited: CitedLine): HTMLElement => {
  const { id, at, service, text, count: alike, expected = [] } = cited
  const like = alike > 1 ? ` · ${count(alike)} like it` : ''
  const line = make('div', 'line')
  line.append(
    make('span', 'facts', `${timeOf(at)} ${service} · ${id}${like}`),
    make('pre', '', text),
  )
  const odds = oddsText(cited)
  if (odds !== undefined) line.append(make('div', 'facts', odds))
  if (expected.length > 0) line.append(make('div', 'was', `expected: ${orOf(expected)}`))
  return line
}

const suspectOf = (suspect: Suspect, known: Lines): HTMLElement => {
  const { name, kind, score, parts, why, evidence, ties } = suspect
  const item = make('div', 'suspect')
  const head = make('p', '')
  head.append(make('b', '', name), make('span', 'source', ` ${kind} `), barOf(score, parts))
  item.append(head, withLines(why, evidence, known))
  if (ties !== undefined) item.append(make('p', 'facts', `not told apart from ${ties.join(', ')}`))
  return item
}

/** What each kind of evidence adds to the score. */
const barOf = (score: number, parts: Suspect['parts']): HTMLElement => {
  const bar = make('span', 'bar')
  bar.append(make('span', 'facts', round(score)))
  for (const [part, value] of Object.entries(parts)) {
    if (!(value > 0)) continue
    const piece = make('span', 'piece', `${part} ${round(value)}`)
    piece.style.flexGrow = `${value}`
    piece.title = `${part} ${round(value)} of ${round(score)}`
    bar.append(piece)
  }
  return bar
}

const deviationOf = (
  { at, service, text, line, expected }: NonNullable<KeptReport['firstDeviation']>,
  known: Lines,
): HTMLElement => {
  const place = make('div', '')
  place.append(withLines(`${timeOf(at)}  ${service}: ${text}`, [line], known))
  if (expected.length > 0) place.append(make('div', 'was', `expected: ${orOf(expected)}`))
  return place
}

/** The likeliest of what was expected. */
const orOf = (expected: readonly { template: string; p: number }[]): string =>
  expected
    .slice(0, 3)
    .map(({ template, p }) => `${template} ${Math.round(100 * p)} %`)
    .join('  or  ')

const missingOf = (missing: RcaMissing, known: Lines): HTMLElement => {
  const { service, template, expected, got, evidence } = missing
  const text = `${template} of ${service}: ${round(got)} of ${round(expected)} came`
  return withLines(text, evidence, known)
}

const commonOf = (parameter: RcaParameter, known: Lines): HTMLElement => {
  const { name, value, affected, support, healthy, evidence } = parameter
  const share = `${count(affected)} affected requests (${Math.round(100 * support)} %)`
  return withLines(`${name}: ${value} in ${share}, ${count(healthy)} healthy`, evidence, known)
}

const similarOf = (similar: SimilarIncident): HTMLElement => {
  const { at, title, score, state, suspect, note, feedback } = similar
  const item = make('div', 'said')
  const alike = `${Math.round(100 * score)} % alike, ${state}`
  item.append(make('p', '', `${timeOf(at)}  ${title} (${alike})`))
  const told = [suspect && `it was ${suspect}`, note, feedback].flatMap(each => each || [])
  if (told.length > 0) item.append(make('p', 'facts', told.join(' · ')))
  return item
}

const factsOf = ({ found, impact, cut, narrative, lines }: KeptReport): string[] => {
  const { affected, traces, services } = impact
  const requests = traces > 0 ? `${count(affected)} of ${count(traces)} requests, ` : ''
  const left = cut.left > 0 ? [`${count(cut.left)} of ${count(cut.lines)} lines left out`] : []
  const seen = [`${count(cut.lines - cut.left)} lines looked at`, ...left, ...cut.notes]
  return [
    ...(found ? [`Impact: ${requests}${services.length} services: ${services.join(', ')}`] : []),
    ...(lines.some(line => oddsText(line) !== undefined) ? [ODDNESS] : []),
    [...seen, ...(narrative?.cut ?? [])].join(' · '),
  ]
}

const part = <T>(title: string, items: readonly T[], show: (item: T) => HTMLElement) =>
  items.length === 0 ? [] : [titled(`${title} (${items.length})`, items.map(show))]

const titled = (title: string, content: readonly HTMLElement[]): HTMLElement => {
  const place = make('details', 'part')
  place.append(make('summary', '', title), ...content)
  return place
}

const round = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 })
