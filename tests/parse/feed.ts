import type { Parser } from '../../src/core/parse/parser.ts'
import type { LogEvent } from '../../src/core/types.ts'

/** Feeds lines of one source to the end and gives their events. */
export const feed = (parser: Parser, lines: readonly string[]): LogEvent[] => {
  const events: LogEvent[] = []
  const emit = (event: LogEvent): void => void events.push(event)
  for (const text of lines) parser.feed({ text, source: 's', arrived: 0 }, emit)
  parser.flush(emit)
  return events
}
