import type { Follows, ServiceSteps } from '../core/rca/flow.ts'
import { drawGraph } from './flow-graph.ts'
import { count, make } from './make.ts'

const LETTERS = 34

/** Milliseconds as people say them. */
export const lengthOf = (ms: number): string =>
  ms >= 60_000
    ? `${count(Number((ms / 60_000).toPrecision(2)))} min`
    : ms >= 1000
      ? `${Number((ms / 1000).toPrecision(2))} s`
      : `${Number(ms.toPrecision(2))} ms`

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`

const wordsOf = ({ share, ms }: Follows): string => `${percent(share)} · ${lengthOf(ms)}`

/** What a service writes, as a graph and as a list of what follows what. */
export const showSteps = ({ service, steps, follows, more }: ServiceSteps): HTMLElement => {
  const place = make('section', 'steps')
  const left = more > 0 ? ` of ${count(steps.length + more)}` : ''
  place.append(
    make('h2', '', `Steps of ${service}`),
    make(
      'p',
      'facts',
      `The ${count(steps.length)}${left} kinds of lines that it writes most, and what follows them. ` +
        'Solid lines are expected: it is a finding when such a step does not come.',
    ),
  )
  const textOf = new Map(steps.map(({ id, template }) => [id, template]))
  const frame = make('div', 'frame')
  frame.append(
    drawGraph(
      steps.map(({ id, template, lines, level }) => ({
        ...{ id: `${id}`, label: template, note: `${count(lines)} lines` },
        ...{ about: `${template} (${count(lines)} lines)`, className: level ?? '' },
      })),
      follows.map(each => ({
        ...{ from: `${each.from}`, to: `${each.to}`, label: wordsOf(each), count: each.count },
        about: `"${textOf.get(each.to)}" follows "${textOf.get(each.from)}": ${wordsOf(each)}`,
        className: each.expected ? 'expected' : 'seen',
      })),
      { about: `Steps of ${service}`, letters: LETTERS, way: 'down' },
    ),
  )
  const list = make('ol', 'step-list')
  for (const { id, template } of steps) {
    const item = make('li', '')
    item.append(make('pre', '', template))
    for (const each of follows) {
      if (each.from === id) {
        item.append(make('div', 'was', `then ${textOf.get(each.to)} (${wordsOf(each)})`))
      }
    }
    list.append(item)
  }
  place.append(frame, list)
  return place
}
