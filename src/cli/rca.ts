import { LogbertError } from '../core/errors.ts'
import { createLineStats } from '../core/input/line-splitter.ts'
import { analyse } from '../core/rca/analyse.ts'
import { withLines } from '../core/rca/cited-lines.ts'
import { toMarkdown } from '../core/rca/markdown.ts'
import type { RcaOptions } from '../core/rca/types.ts'
import { type Command, EXIT, needFiles, textOf, type Values } from './command.ts'
import { inputNotes } from './log-files.ts'
import { MODELS_HELP, openModel, placeOf } from './model-place.ts'
import { createProgress } from './progress.ts'
import { readRcaEvents } from './rca-events.ts'
import { rcaModelOf } from './rca-model.ts'
import { findFiles } from './s3-files.ts'

const HELP = `logbert rca FILE… --model NAME|DIR [OPTIONS]: what probably caused the trouble in these logs

Compares the lines with normal time as the model knows it, and ranks who is to blame, with the lines
that show it. JSON lines with timestamp, service, trace_id, span_id, level and message are read as
such, anything else as the model reads it. Lines from before the trouble help: they tell what is new.

  --model M          NAME, NAME@VERSION, or a folder that holds a model
${MODELS_HELP}  --start TIME       when the trouble began, where it is known; else the odd stretch is found
  --from TIME        lines before this time are left out
  --to TIME          lines after this time are left out
  --source NAME      source of all lines; each file's name when absent
  --json             one JSON object: {found, summary, confidence, suspects: [{name, kind, score,
                     parts, why, evidence: [line ids]}], timeline, impact, missing, lines, cut, …}

TIME is ISO 8601 (2026-01-05T08:00:00Z; UTC where no zone is named) or epoch seconds or milliseconds.
A line id is its file and line number.

Exit codes: 0 done, also when no cause was found; 1 it failed; 2 wrong usage
`

export const rcaCommand: Command = {
  name: 'rca',
  about: 'what probably caused the trouble in logs',
  help: HELP,
  options: {
    ...Object.fromEntries(
      ['model', 'models', 'start', 'from', 'to', 'source'].map(name => [
        name,
        { type: 'string' as const },
      ]),
    ),
    json: { type: 'boolean' },
  },
  async run(values, words, io) {
    needFiles(words, 'rca')
    const where = textOf(values, 'model')
    if (where === undefined) {
      throw new LogbertError(
        'BAD_CONFIG',
        'logbert rca needs --model NAME or DIR; logbert models lists what there is',
      )
    }
    const options = rangeOf(values)
    const place = await placeOf(values, io, [where, ...words])
    const { paths, files } = await findFiles(words, place.s3 ?? {})
    const bundle = await openModel(where, place)
    const model = rcaModelOf(bundle)
    const stats = createLineStats()
    const progress = createProgress(io)
    const source = textOf(values, 'source')
    const read = { files, stats, progress, phase: 'reading', ...(source && { source }) }
    const { events, left } = await readRcaEvents(paths, bundle, model, options, read).finally(() =>
      progress.end(),
    )
    const report = analyse(model, events, options)
    if (left > 0) {
      report.cut.left += left
      report.cut.lines += left
      report.cut.notes.push(`${left} lines, the oldest, were left out by the limit of this command`)
    }
    for (const note of inputNotes(stats)) io.err(`${note}\n`)
    if (stats.lines === 0) io.err('there are no lines: nothing to look at\n')
    const whole = withLines(report, events)
    await io.out(values.json === true ? `${JSON.stringify(whole)}\n` : toMarkdown(whole))
    return EXIT.ok
  },
}

/** @throws LogbertError BAD_CONFIG */
const rangeOf = (values: Values): RcaOptions => {
  const [start, from, to] = (['start', 'from', 'to'] as const).map(name => timeOf(values, name))
  if (from !== undefined && to !== undefined && from >= to) {
    throw new LogbertError(
      'BAD_CONFIG',
      `--from ${textOf(values, 'from')} is not before --to ${textOf(values, 'to')}; give a stretch`,
    )
  }
  return {
    ...(start !== undefined && { start }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }
}

const ZONE = /(?:z|[+-]\d\d:?\d\d)$/i

const timeOf = (values: Values, name: string): number | undefined => {
  const text = textOf(values, name)?.trim()
  if (text === undefined) return undefined
  if (/^\d{9,19}(?:\.\d+)?$/.test(text)) {
    const digits = text.split('.')[0]!.length
    return Number(text) * 10 ** (digits <= 10 ? 3 : digits <= 13 ? 0 : digits <= 16 ? -3 : -6)
  }
  const iso = text.replace(' ', 'T')
  const at = Date.parse(/T/.test(iso) && !ZONE.test(iso) ? `${iso}Z` : iso)
  if (!Number.isNaN(at)) return at
  throw new LogbertError(
    'BAD_CONFIG',
    `--${name} is ${JSON.stringify(text)}; give a time like 2026-01-05T08:00:00Z, or epoch seconds`,
  )
}
