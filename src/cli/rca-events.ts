import { createParser } from '../core/parse/parser.ts'
import { readParserSnapshot } from '../core/parse/parser-snapshot.ts'
import { readModelParts } from '../core/pipeline/model-parts.ts'
import { parserOptions } from '../core/pipeline/parser-options.ts'
import { createFittedReader } from '../core/rca/fit-reading.ts'
import type { RcaModel } from '../core/rca/model.ts'
import { discoverReading } from '../core/rca/reading.ts'
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
  /** Lines with anything in them, and those of them that are like none that the model learned from. */
  said: number
  strange: number
  /** Whether no line has a time that can be read: they have that of reading. */
  timeless: boolean
  /** Times of the first and the last line, within the range or not; absent without lines. */
  span?: { first: number; last: number }
}

/** Lines that show how they are to be read. */
const SAMPLE = 5_000

/** Reads files as events; bounded in memory whatever comes. A line's id is its file and its number there. */
export const readRcaEvents = async (
  paths: readonly string[],
  bundle: Bundle,
  model: RcaModel,
  options: RcaOptions,
  files: LogFilesOptions,
): Promise<ReadEvents> => {
  const { parse } = readModelParts(bundle.calibration)
  const snapshot = readParserSnapshot(bundle.templates)
  const parser = createParser({ ...parserOptions(parse), mode: 'extend' }, snapshot)
  const names = sourceNames(paths)
  const places = createPlaces(names)
  const { reading = discoverReading([]), services } = model
  const sources = new Set(files.source === undefined ? names : [files.source])
  const held = createHeld(options, sample => {
    const read = createFittedReader({ reading, services }, sample, sources)
    // Templates are looked up when all is read: those that are new become plainer line by line.
    return event => read(event, `${event.templateId}`, places.idOf(event.line))
  })
  const undated = createUndated()
  const known = new Set(snapshot.templates.templates.map(([id]) => id))
  let said = 0
  let strange = 0
  const keep = (event: LogEvent): void => {
    if (event.text.trim() === '') return
    said++
    if (!known.has(parser.resolve(event.templateId))) strange++
    for (const each of undated.date(event)) held.take(each)
  }
  for await (const { path, lines } of readLogFiles(paths, files)) {
    const file = paths.indexOf(path)
    for (const line of lines) parser.feed({ ...line, position: places.next(file) }, keep)
  }
  parser.flush(keep)
  const { rest, dropped } = undated.end()
  // Where no line has a time, they are all that there is.
  const timeless = held.isEmpty()
  if (timeless) for (const event of rest) held.take(event)
  const { events, ...more } = held.end()
  const named = events.map(event => {
    const id = parser.resolve(Number(event.template))
    return { ...event, template: id < 0 ? event.text : parser.textOf(id) }
  })
  return {
    ...{ ...more, events: named, said, strange, timeless },
    undated: dropped + (timeless ? 0 : rest.length),
  }
}

type Read = (event: LogEvent) => RcaEvent

/** Holds events within the range; they are read when some have shown how. */
const createHeld = (
  { from = -Infinity, to = Infinity, start }: RcaOptions,
  readerOf: (sample: readonly LogEvent[]) => Read,
) => {
  const span = { first: Infinity, last: -Infinity }
  let sample: LogEvent[] = []
  let read: Read | undefined
  let events: RcaEvent[] = []
  let left = 0
  const begin = (): void => {
    read = readerOf(sample)
    events = sample.map(read)
    sample = []
  }
  return {
    isEmpty: () => span.first > span.last,
    take(event: LogEvent): void {
      span.first = Math.min(span.first, event.at)
      span.last = Math.max(span.last, event.at)
      if (event.at < from || event.at > to) return
      if (read !== undefined) events.push(read(event))
      else if (sample.push(event) >= SAMPLE) begin()
      if (events.length < MOST_HELD) return
      events = nearest(events, MOST_HELD / 2, start)
      left += MOST_HELD / 2
    },
    end() {
      if (read === undefined) begin()
      return { events, left, ...(span.first <= span.last && { span }) }
    },
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
