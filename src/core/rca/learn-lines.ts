import type { Parser } from '../parse/parser.ts'
import type { KeyRule } from '../sequence/key-rule.ts'
import type { LogEvent } from '../types.ts'
import { type Called, createCollector } from './collect.ts'
import { learnCollected } from './learn.ts'
import type { RcaModel } from './model.ts'
import { createEventReader, discoverReading, type Reading } from './reading.ts'

/** Learns from parsed lines as they pass by, while other things are learned from them as well. */
export interface LineLearner {
  push(event: LogEvent): void
  /** The template ids of all events stand for these templates now. */
  model(parser: Parser): RcaModel
}

/**
 * @param sample a stretch of the events that will be pushed, from which is told where lines say who
 * wrote them and what they belong to
 */
export const createLineLearner = (
  sample: readonly LogEvent[],
  key: KeyRule | undefined,
): LineLearner => {
  const found: Reading = discoverReading(sample, key)
  const sources = new Set<string>()
  const read = createEventReader(found)
  const collector = createCollector()
  /** A message of each template: it may be filed under another one by now. */
  const examples = new Map<number, string>()
  return {
    push(event) {
      if (event.text.trim() === '') return
      const { templateId, text, source } = event
      if (sources.size < 2) sources.add(source)
      if (!examples.has(templateId)) examples.set(templateId, text.slice(0, LONGEST_EXAMPLE))
      collector.push(read(event, `${templateId}`, ''))
    },
    model(parser) {
      const [only, ...others] = sources
      const reading = only === undefined || others.length > 0 ? found : { ...found, only }
      return { ...learnCollected(collector, {}, calledBy(parser, examples)), reading }
    },
  }
}

const LONGEST_EXAMPLE = 65_536

/** Templates as the parser that goes into the bundle finds them. */
const calledBy = (parser: Parser, examples: ReadonlyMap<number, string>): Called => {
  const ids = [...examples.keys()]
  const now = parser.refile([...examples.values()])
  const refiled = new Map(ids.map((id, i) => [id, now[i]!]))
  return template => {
    const id = parser.resolve(Number(template))
    const better = refiled.get(Number(template)) ?? -1
    return { text: parser.textOf(better < 0 ? id : better), isOld: better >= 0 && better !== id }
  }
}
