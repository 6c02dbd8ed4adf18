import { createParser } from '../core/parse/parser.ts'
import type { ParserSnapshot } from '../core/parse/parser-snapshot.ts'
import { readModelParts } from '../core/pipeline/model-parts.ts'
import { parserOptions } from '../core/pipeline/parser-options.ts'
import type { RcaModel } from '../core/rca/model.ts'
import { createEventReader, discoverReading, knownSource } from '../core/rca/reading.ts'
import type { RcaEvent, RcaOptions } from '../core/rca/types.ts'
import type { Bundle } from '../core/store/bundle.ts'
import type { LogEvent } from '../core/types.ts'
import { type LogFilesOptions, readLogFiles, sourceNames } from './log-files.ts'
import { createUndated } from './undated.ts'

/** More events are not held: half of them goes, the oldest or those farthest from the start. */
const MOST_HELD = 400_000

export interface ReadEvents {
  /** Those within the range. */
  events: RcaEvent[]
  /** Left out by the limit of what is held. */
  left: number
  /** Left out because nothing tells when they were written, while others have times. */
  undated: number
  /** Times of the first and the last line, within the range or not; absent without lines. */
  span?: { first: number; last: number }
}

/** Reads files as events; bounded in memory whatever comes. A line's id is its file and its number there. */
export const readRcaEvents = async (
  paths: readonly string[],
  bundle: Bundle,
  model: RcaModel,
  options: RcaOptions,
  files: LogFilesOptions,
): Promise<ReadEvents> => {
  const { from = -Infinity, to = Infinity } = options
  const { parse } = readModelParts(bundle.calibration)
  const parser = createParser(
    { ...parserOptions(parse), mode: 'extend' },
    bundle.templates as ParserSnapshot,
  )
  const reading = model.reading ?? discoverReading([])
  const read = createEventReader(reading)
  const names = sourceNames(paths)
  const places = createPlaces(names)
  const given = files.source === undefined ? names : [files.source]
  const source = knownSource(reading, new Set(given))
  const undated = createUndated()
  const span = { first: Infinity, last: -Infinity }
  let events: RcaEvent[] = []
  let left = 0
  const take = (event: LogEvent): void => {
    span.first = Math.min(span.first, event.at)
    span.last = Math.max(span.last, event.at)
    if (event.at < from || event.at > to) return
    const id = parser.resolve(event.templateId)
    const template = id < 0 ? event.template : parser.textOf(id)
    const known = source === undefined ? event : { ...event, source }
    events.push(read(known, template, places.idOf(event.line)))
    if (events.length < MOST_HELD) return
    events = nearest(events, MOST_HELD / 2, options.start)
    left += MOST_HELD / 2
  }
  const keep = (event: LogEvent): void => {
    if (event.text.length > 0) for (const each of undated.date(event)) take(each)
  }
  for await (const { path, lines } of readLogFiles(paths, files)) {
    const file = paths.indexOf(path)
    for (const line of lines) parser.feed({ ...line, position: places.next(file) }, keep)
  }
  parser.flush(keep)
  const { rest, dropped } = undated.end()
  // Where no line has a time, they are all that there is.
  const isUndated = span.first > span.last
  if (isUndated) for (const event of rest) take(event)
  return {
    ...{ events, left },
    undated: dropped + (isUndated ? 0 : rest.length),
    ...(span.first <= span.last && { span }),
  }
}

/** The latest, or those next to the start, in order of time. */
const nearest = (events: RcaEvent[], most: number, start = Infinity): RcaEvent[] => {
  const away = ({ at }: RcaEvent): number => (start === Infinity ? -at : Math.abs(at - start))
  return events.sort((a, b) => away(a) - away(b)).slice(0, most)
}

/** Numbers lines through all files, and tells the file and the line there of a number. */
const createPlaces = (names: readonly string[]) => {
  const starts: number[] = []
  let count = 0
  return {
    next(file: number): number {
      starts[file] ??= count
      return ++count
    },
    idOf(position: number): string {
      const file = starts.findLastIndex(start => start !== undefined && start < position)
      return `${names[file]}:${position - starts[file]!}`
    },
  }
}
