import type { Parser } from '../parse/parser.ts'
import type { KeyRule } from '../sequence/key-rule.ts'
import type { LogEvent } from '../types.ts'
import { createCollector } from './collect.ts'
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
  const reading: Reading = discoverReading(sample, key)
  const read = createEventReader(reading)
  const collector = createCollector()
  return {
    push(event) {
      if (event.text.length > 0) collector.push(read(event, `${event.templateId}`, ''))
    },
    model: parser => ({
      ...learnCollected(collector, {}, id => parser.textOf(parser.resolve(Number(id)))),
      reading,
    }),
  }
}
