import { createParser, type Parser } from '../../src/core/parse/parser.ts'
import { createLineLearner } from '../../src/core/rca/learn-lines.ts'
import { eventsOfLines, type RcaModel } from '../../src/core/rca/rca.ts'
import type { RcaEvent } from '../../src/core/rca/types.ts'
import { discoverKey } from '../../src/core/sequence/key.ts'
import type { LogEvent, LogLine } from '../../src/core/types.ts'
import { templatesOf } from './rca-score.ts'

/** What was learned of normal lines, and how others of the same system are read. */
export interface Learned {
  model: RcaModel
  known: ReadonlySet<string>
  read(lines: readonly LogLine[]): RcaEvent[]
}

/** Lines that show where services and traces stand. */
const SAMPLE = 20_000

/** Learns from raw lines alone: header, templates, services and traces are found. */
export const learnLines = (lines: readonly LogLine[]): Learned => {
  const parser = createParser()
  const parsed = parseAll(lines, parser)
  const learner = createLineLearner(parsed.slice(0, SAMPLE), discoverKey(parsed).rule)
  for (const event of parsed) learner.push(event)
  const model = learner.model(parser)
  const snapshot = parser.snapshot()
  const read = (more: readonly LogLine[]): RcaEvent[] =>
    eventsOfLines(more, createParser({ mode: 'extend' }, snapshot), {
      learned: { reading: model.reading!, services: model.services },
    })
  return { model, known: templatesOf(read(lines)), read }
}

const parseAll = (lines: readonly LogLine[], parser: Parser): LogEvent[] => {
  const parsed: LogEvent[] = []
  const keep = (event: LogEvent): void => {
    if (event.text.length > 0) parsed.push(event)
  }
  for (const line of lines) parser.feed(line, keep)
  parser.flush(keep)
  return parsed
}

/** Every other trace, by its id; lines without one stay. */
export const halfOf = (events: readonly RcaEvent[], half: 0 | 1): RcaEvent[] =>
  events.filter(({ trace }) => trace === undefined || parityOf(trace) === half)

const parityOf = (text: string): number => {
  let sum = 0
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum, 31) + text.charCodeAt(i)
  return (sum ^ (sum >>> 7)) & 1
}
