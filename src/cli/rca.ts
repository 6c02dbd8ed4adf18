import { LogbertError } from '../core/errors.ts'
import { createLineStats, type LineStats } from '../core/input/line-splitter.ts'
import { analyse } from '../core/rca/analyse.ts'
import { withLines } from '../core/rca/cited-lines.ts'
import { toMarkdown } from '../core/rca/markdown.ts'
import type { RcaOptions, RcaReport } from '../core/rca/types.ts'
import { type Command, EXIT, needFiles, textOf } from './command.ts'
import { inputNotes } from './log-files.ts'
import { MODELS_HELP, openModel, placeOf } from './model-place.ts'
import { createProgress } from './progress.ts'
import { type ReadEvents, readRcaEvents } from './rca-events.ts'
import { rcaModelOf } from './rca-model.ts'
import { fitRange, rangeOf } from './rca-range.ts'
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
A line id is its file and its number there, the first line being 1.

  logbert train normal.log.gz --name shop
  logbert rca monday.log.gz --model shop --start "2026-01-05 10:00+01:00"

Exit codes: 0 done, also when no cause was found; 1 it failed, or there are no lines; 2 wrong usage
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
        'logbert rca needs --model NAME or DIR, a model of normal time; logbert models lists what ' +
          'there is, logbert train NORMAL.log --name NAME makes one',
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
    const found = await readRcaEvents(paths, bundle, model, options, read).finally(() =>
      progress.end(),
    )
    for (const note of inputNotes(stats)) io.err(`${note}\n`)
    needLines(found, stats)
    const range = fitRange(options, found)
    const report = analyse(model, found.events, range)
    leaveOut(report, found, options)
    report.cut.notes.push(...doubtsOf(found))
    const whole = withLines(report, found.events)
    await io.out(values.json === true ? `${JSON.stringify(whole)}\n` : toMarkdown(whole))
    return EXIT.ok
  },
}

/** @throws LogbertError BAD_INPUT: that nothing is found would be no answer where nothing was read */
const needLines = ({ said }: ReadEvents, { lines }: LineStats): void => {
  if (said > 0) return
  throw new LogbertError(
    'BAD_INPUT',
    lines === 0
      ? 'there is nothing to look at: the input holds no line; check it'
      : `there is nothing to look at: all ${lines} lines are blank; check the input`,
  )
}

/** What to think of before the report is believed. */
const doubtsOf = ({ said, strange, timeless }: ReadEvents): string[] => [
  ...(strange === said
    ? [`none of the ${said} lines is like one that the model was trained on: it may be another's`]
    : []),
  ...(timeless ? ['no line has a time that can be read: they have that of reading'] : []),
]

/** Says what the report does not rest on. */
const leaveOut = (
  { cut }: RcaReport,
  { left, undated }: ReadEvents,
  { start }: RcaOptions,
): void => {
  const which = start === undefined ? 'the oldest' : 'those farthest from --start'
  if (left > 0)
    cut.notes.push(`${left} lines, ${which}, were left out by the limit of this command`)
  if (undated > 0)
    cut.notes.push(`${undated} lines without a time were left out: others have times`)
  cut.left += left + undated
  cut.lines += left + undated
}
