import { createParser } from '../core/parse/parser.ts'
import type { ParserSnapshot } from '../core/parse/parser-snapshot.ts'
import { createDating } from '../core/pipeline/dating.ts'
import { readModelParts } from '../core/pipeline/model-parts.ts'
import { parserOptions } from '../core/pipeline/parser-options.ts'
import type { RcaModel } from '../core/rca/model.ts'
import { createEventReader, discoverReading } from '../core/rca/reading.ts'
import type { RcaEvent, RcaOptions } from '../core/rca/types.ts'
import type { Bundle } from '../core/store/bundle.ts'
import type { LogEvent } from '../core/types.ts'
import { type LogFilesOptions, readLogFiles } from './log-files.ts'

/** More events are not held: the oldest half goes. */
const MOST_HELD = 400_000

/** Reads files as events, those within the range; bounded in memory whatever comes. */
export const readRcaEvents = async (
  paths: readonly string[],
  bundle: Bundle,
  model: RcaModel,
  { from = -Infinity, to = Infinity }: RcaOptions,
  files: LogFilesOptions,
): Promise<{ events: RcaEvent[]; left: number }> => {
  const { parse } = readModelParts(bundle.calibration)
  const parser = createParser(
    { ...parserOptions(parse), mode: 'extend' },
    bundle.templates as ParserSnapshot,
  )
  const read = createEventReader(model.reading ?? discoverReading([]))
  const date = createDating()
  let events: RcaEvent[] = []
  let left = 0
  const keep = (parsed: LogEvent): void => {
    const event = date(parsed)
    if (event.text.length === 0 || event.at < from || event.at > to) return
    const id = parser.resolve(event.templateId)
    const template = id < 0 ? event.template : parser.textOf(id)
    events.push(read(event, template, `${event.source}:${event.line}`))
    if (events.length < MOST_HELD) return
    events = events.sort((a, b) => a.at - b.at).slice(MOST_HELD / 2)
    left += MOST_HELD / 2
  }
  for await (const { lines } of readLogFiles(paths, files)) {
    for (const line of lines) parser.feed(line, keep)
  }
  parser.flush(keep)
  return { events, left }
}
