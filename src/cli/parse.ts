import { basename, dirname } from 'node:path'
import { createLineStats } from '../core/input/line-splitter.ts'
import { createParser, type Parser } from '../core/parse/parser.ts'
import { parserOptions } from '../core/pipeline/parser-options.ts'
import type { LogEvent, LogLine } from '../core/types.ts'
import { folderStore, sizeOf } from '../platform/files.ts'
import { type Command, EXIT, type Io, needFiles, numberOf, textOf } from './command.ts'
import { PARSE_HELP, PARSE_OPTIONS, parseOptionsOf } from './learn-options.ts'
import { inputNotes, readLogFiles } from './log-files.ts'
import { createProgress, type Progress } from './progress.ts'

/** Lines, and their characters, of standard input that wait until their templates are learned. */
const HELD_LINES = 100_000
const HELD_CHARS = 64 << 20

export const parseCommand: Command = {
  name: 'parse',
  about: 'templates and parameters of every line',
  help: `logbert parse FILE… [--json] [--templates FILE]: templates and parameters of every line

Prints one record for every line, blank ones too, in input order. Files are read twice, so that the
first lines carry final templates as well. Standard input (-) and pipes are read once: its first 100,000 lines
(or 64 MB) wait until they have been learned from, later ones come out at once.

  --json             one JSON object a line:
                     {line, at, source, level, template, templateId, parameters}
                     line counts from 1 in each file; at is epoch milliseconds (now, where the line
                     has no time); level is null where there is none; a blank line has template ""
  --templates FILE   also writes the template store (JSON)
  --source NAME      source of all lines; each file's name when absent
  --max-line N       longest line in characters (65536); the rest is cut off and counted
${PARSE_HELP}
Exit codes: 0 done, 1 a file could not be read (what came before it is printed), 2 wrong usage
`,
  options: {
    json: { type: 'boolean' },
    templates: { type: 'string' },
    source: { type: 'string' },
    'max-line': { type: 'string' },
    ...PARSE_OPTIONS,
  },
  async run(values, words, io) {
    const files = needFiles(words, 'parse')
    const maxLine = numberOf(values, 'max-line', { least: 64, most: 16 << 20, whole: true })
    const source = textOf(values, 'source')
    const stats = createLineStats()
    const progress = createProgress(io)
    const parser = createParser({
      ...parserOptions(parseOptionsOf(values).parse),
      ...(maxLine !== undefined && { maxLine }),
    })
    const read = { stats, progress, ...(maxLine && { maxLine }), ...(source && { source }) }
    const write = recordWriter(values.json === true, io)
    const start = performance.now()
    try {
      const sizes = await Promise.all(files.map(sizeOf))
      if (sizes.includes(undefined)) await parseOnce(files, parser, read, write)
      else await parseTwice(files, parser, read, write)
    } finally {
      progress.end()
    }
    const target = textOf(values, 'templates')
    if (target !== undefined) {
      const bytes = new TextEncoder().encode(`${JSON.stringify(parser.snapshot())}\n`)
      await folderStore(dirname(target)).write(basename(target), bytes)
    }
    const seconds = (performance.now() - start) / 1000
    for (const note of inputNotes(stats)) io.err(`${note}\n`)
    if (stats.lines === 0) io.err('there are no lines: nothing to parse\n')
    io.err(
      `${stats.lines.toLocaleString('en')} lines, ${parser.stats.templates.toLocaleString('en')} ` +
        `templates, ${seconds.toFixed(1)} s\n`,
    )
    return EXIT.ok
  },
}

type Write = (line: number, event: LogEvent) => Promise<void>

interface ReadOptions {
  stats: ReturnType<typeof createLineStats>
  progress: Progress
  maxLine?: number
  source?: string
}

const ignore = (): void => undefined

/** First pass learns, second labels. */
const parseTwice = async (
  files: string[],
  parser: Parser,
  read: ReadOptions,
  write: Write,
): Promise<void> => {
  const first = { ...read, stats: createLineStats(), phase: 'learning' }
  let failed: unknown
  try {
    for await (const { lines } of readLogFiles(files, first)) {
      for (const line of lines) parser.feed(line, ignore)
    }
  } catch (error) {
    // The second pass prints what came before the fault, and meets it again.
    if (first.stats.lines === 0) throw error
    failed = error
  }
  parser.flush(ignore)
  parser.mode = 'frozen'
  const label = labeller(parser, write)
  for await (const { path, lines } of readLogFiles(files, { ...read, phase: 'labelling' })) {
    await label(path, lines)
  }
  if (failed !== undefined) throw failed
}

/** Holds the first lines back to learn from them, then streams. */
const parseOnce = async (
  files: string[],
  parser: Parser,
  read: ReadOptions,
  write: Write,
): Promise<void> => {
  const label = labeller(parser, write)
  let held: { path: string; lines: LogLine[] }[] | undefined = []
  let lines = 0
  let chars = 0
  const release = async (): Promise<void> => {
    parser.flush(ignore)
    parser.mode = 'extend'
    for (const batch of held ?? []) await label(batch.path, batch.lines)
    held = undefined
  }
  try {
    for await (const batch of readLogFiles(files, read)) {
      if (held === undefined) {
        await label(batch.path, batch.lines)
        continue
      }
      held.push(batch)
      for (const line of batch.lines) {
        chars += line.text.length
        parser.feed(line, ignore)
      }
      lines += batch.lines.length
      if (lines >= HELD_LINES || chars >= HELD_CHARS) await release()
    }
  } finally {
    if (held !== undefined) await release()
  }
  await label.end()
}

/** Gives every line its event and its number within its file. */
const labeller = (parser: Parser, write: Write) => {
  let path: string | undefined
  let line = 0
  let ready: LogEvent[] = []
  const emit = (event: LogEvent): void => {
    ready.push(event)
  }
  const drain = async (): Promise<void> => {
    const events = ready
    ready = []
    for (const event of events) await write(++line, event)
  }
  const label = async (from: string, lines: readonly LogLine[]): Promise<void> => {
    if (from !== path) {
      parser.flush(emit)
      await drain()
      path = from
      line = 0
    }
    for (const each of lines) parser.feed(each, emit)
    await drain()
  }
  return Object.assign(label, {
    end: async () => {
      parser.flush(emit)
      await drain()
    },
  })
}

const recordWriter = (json: boolean, io: Io): Write =>
  json
    ? (line, { at, source, level = null, template, templateId, parameters }) =>
        io.out(`${JSON.stringify({ line, at, source, level, template, templateId, parameters })}\n`)
    : (line, event) => io.out(`${event.source}:${line}\t#${event.templateId}\t${event.template}\n`)
