import { createEventRowReader, type EventRow, looksLikeEvents } from '../core/input/event-rows.ts'
import type { LineStats } from '../core/input/line-splitter.ts'
import { readLines } from '../core/input/read-lines.ts'
import type { LearnInput } from '../core/pipeline/engine.ts'
import type { LogLine } from '../core/types.ts'
import { sourceName } from '../platform/files.ts'
import { gunzip } from '../platform/gunzip.ts'
import { type LogFilesOptions, localFiles, readLogFiles, sourceNames } from './log-files.ts'

export type Format = 'auto' | 'lines' | 'events'

/** Files as input of training or scoring; `auto` looks at the first lines of the first file. */
export const learnInput = async (
  files: readonly string[],
  format: Format,
  options: LogFilesOptions & { stats: LineStats },
): Promise<LearnInput> => {
  const kind = format === 'auto' ? await formatOf(files[0]!, options.files) : format
  return kind === 'lines'
    ? { format: 'lines', open: () => linesOf(files, options) }
    : { format: 'events', open: () => rowsOf(files, options) }
}

/** Pipes cannot be looked at beforehand: they are log text unless told otherwise. */
const formatOf = async (file: string, files = localFiles): Promise<'lines' | 'events'> => {
  if ((await files.size(file)) === undefined) return 'lines'
  for await (const lines of readLines(await files.open(file), { name: file, gunzip })) {
    return looksLikeEvents(lines) ? 'events' : 'lines'
  }
  return 'lines'
}

async function* linesOf(
  files: readonly string[],
  options: LogFilesOptions,
): AsyncGenerator<LogLine[]> {
  for await (const { lines } of readLogFiles(files, options)) yield lines
}

/** Sequences are long lines: a session of 4,096 events and more must fit. */
const LONGEST_ROW = 16 << 20

async function* rowsOf(
  files: readonly string[],
  options: LogFilesOptions,
): AsyncGenerator<EventRow[]> {
  const sources = sourceNames(files)
  for (const [i, file] of files.entries()) {
    const source = options.source ?? sources[i]!
    const reader = createEventRowReader(file)
    const named = (rows: EventRow[]): EventRow[] => rows.map(row => ({ ...row, source }))
    for await (const { lines } of readLogFiles([file], { ...options, maxLine: LONGEST_ROW })) {
      const rows = named(reader.read(lines.map(line => line.text)))
      if (rows.length > 0) yield rows
    }
    const last = named(reader.end())
    if (last.length > 0) yield last
  }
}

/** Source of a file of sequences. */
export const rowSource = (files: readonly string[], options: LogFilesOptions): string =>
  options.source ?? sourceName(files[0]!)
