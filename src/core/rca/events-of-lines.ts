import type { Parser } from '../parse/parser.ts'
import { createDating } from '../pipeline/dating.ts'
import type { KeyRule } from '../sequence/key-rule.ts'
import type { LogEvent, LogLine } from '../types.ts'
import { createFittedReader, type Learned } from './fit-reading.ts'
import { createEventReader, discoverReading } from './reading.ts'
import type { RcaEvent } from './types.ts'

/** Lines that show where services and traces stand. */
export const SAMPLE = 20_000

/**
 * Parses lines into events: JSON records with `service`, `trace_id`, `span_id`, `level` and the
 * like, or whatever else the parser finds. Ids are source and line number.
 */
export const eventsOfLines = (
  lines: Iterable<LogLine>,
  parser: Parser,
  how: { learned?: Learned; key?: KeyRule } = {},
): RcaEvent[] => {
  const parsed: LogEvent[] = []
  const date = createDating()
  const keep = (event: LogEvent): void => {
    if (event.text.trim() !== '') parsed.push(date(event))
  }
  for (const line of lines) parser.feed(line, keep)
  parser.flush(keep)
  const sample = parsed.slice(0, SAMPLE)
  const read =
    how.learned === undefined
      ? createEventReader(discoverReading(sample, how.key))
      : createFittedReader(how.learned, sample, new Set(parsed.map(({ source }) => source)))
  return parsed.map(event => {
    const id = parser.resolve(event.templateId)
    const template = id < 0 ? event.template : parser.textOf(id)
    return read(event, template, `${event.source}:${event.line}`)
  })
}
