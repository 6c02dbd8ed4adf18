import type { Anomaly, ExpectedTemplate, ExplainedLine } from '../core/types.ts'
import { make, makeButton, timeOf } from './make.ts'

const MOST_ODD = 6
const BEFORE = 2

/** One anomaly: what it is, its odd lines with what came before, what was expected, what is missing. */
export const showAnomaly = (
  anomaly: Anomaly,
  callNormal: (id: string) => Promise<void>,
): HTMLElement => {
  const card = make('article', '')
  const head = make('h2', '')
  head.append(
    make('span', 'kind', anomaly.kind),
    make('span', 'session', anomaly.session),
    make('span', 'source', anomaly.source),
    make('time', '', timeOf(anomaly.at)),
  )
  card.append(head, ...shownLines(anomaly.lines).flatMap(showLine), ...showEnding(anomaly))
  for (const { template, expected, got } of anomaly.missing ?? []) {
    card.append(
      make('div', 'was', `missing: ${template} (${round(expected)} expected, ${got} came)`),
    )
  }
  if (anomaly.regime !== undefined) card.append(make('p', 'facts', regimeOf(anomaly.regime)))
  const voices = anomaly.voices.map(({ name, pValue }) => `${name} ${shareOf(pValue)}`).join(', ')
  card.append(
    make('p', 'facts', `seen in ${shareOf(anomaly.pValue)} of normal sessions · voices: ${voices}`),
  )
  const actions = make('p', 'actions')
  actions.append(
    makeButton('This is normal', async () => {
      await callNormal(anomaly.id)
      card.classList.add('normal')
      actions.replaceChildren(make('span', 'facts', 'taught as normal'))
    }),
  )
  card.append(actions)
  const item = make('li', '')
  item.append(card)
  return item
}

/** Odd lines, each with the two before it. */
const shownLines = (lines: readonly ExplainedLine[]): ExplainedLine[] => {
  const odd = lines.flatMap((line, i) => (line.odd ? [i] : [])).slice(0, MOST_ODD)
  return lines.filter((_, i) => odd.some(at => i <= at && i >= at - BEFORE))
}

const showLine = (line: ExplainedLine): HTMLElement[] => {
  const text = make('pre', line.odd ? 'odd' : '', line.text)
  return line.odd && line.expected.length > 0 ? [text, showExpected(line.expected)] : [text]
}

const showExpected = (expected: readonly ExpectedTemplate[]): HTMLElement => {
  const wanted = expected.slice(0, 3).map(({ template, p }) => `${template} ${shareOf(p)}`)
  return make('div', 'was', `expected: ${wanted.join('  or  ')}`)
}

/** Where a session should have gone on: its last lines, where none of them is odd, and what was due. */
const showEnding = ({ lines, ending }: Anomaly): HTMLElement[] => {
  if (ending === undefined) return []
  const before = lines.some(line => line.odd) ? [] : lines.slice(-BEFORE)
  return [
    ...before.map(line => make('pre', '', line.text)),
    make('pre', 'odd', 'ends here'),
    ...(ending.expected.length > 0 ? [showExpected(ending.expected)] : []),
  ]
}

const regimeOf = ({ alarms, withheld }: NonNullable<Anomaly['regime']>): string =>
  `${alarms} sessions like this one were odd lately, ${withheld} of them are not shown: a new normal ` +
  '(train again), or a failure that goes on'

const round = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 })

const shareOf = (p: number): string =>
  p < 0.0001 ? '< 0.01 %' : `${(100 * p).toLocaleString('en', { maximumSignificantDigits: 2 })} %`
