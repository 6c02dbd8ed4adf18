import { LogbertError } from '../core/errors.ts'
import { createLineStats } from '../core/input/line-splitter.ts'
import type { Detection, Engine, LearnInput, OpenOptions } from '../core/pipeline/engine.ts'
import type { Bundle } from '../core/store/bundle.ts'
import { isS3 } from '../s3/address.ts'
import {
  type Command,
  choiceOf,
  durationOf,
  EXIT,
  type Io,
  needFiles,
  textOf,
  type Values,
} from './command.ts'
import { anyPipe, follow, idleOf } from './follow.ts'
import { learnInput, rowSource } from './learn-input.ts'
import { inputNotes } from './log-files.ts'
import { MODELS_HELP, openModel, placeOf } from './model-place.ts'
import { createProgress, duration } from './progress.ts'
import { findFiles } from './s3-files.ts'
import { showAnomaly } from './show-anomaly.ts'

const HELP = `logbert score FILE… --model NAME|DIR [OPTIONS]: finds what is odd and says why
tail -f FILE | logbert score - --model NAME|DIR

For each odd session: its odd lines (>), what came before, what was expected instead with
probabilities, and what is missing.

  --model M          NAME, NAME@VERSION, or a folder that holds a model
${MODELS_HELP}  --all              one record for every session, in the order in which they closed
  --follow           results come while lines do: a session is complete after a silence, in the times
                     of its lines or by the clock. Default for pipes; --no-follow reads a pipe to its
                     end first, as a file: sessions may then pause for as long as they like
  --idle TIME        the silence (as training saw it, 5s to 2m; 30s where lines have no session)
  --drift on|off     whether a pattern that becomes common becomes normal, with one notice
                     (on; files of events have no time: always off). Without --follow a log is then
                     judged as a whole: results come at its end, or after 20,000 sessions; off: as
                     they close
  --format F         auto, lines, events; see logbert train --help
  --source NAME      source of all lines; each file's name when absent
  --backend B        auto, wasm, webgpu, native, reference
  --exit-code        end with 3 when anything odd was found
  --json             one JSON object a line: anomalies; with --all
                     {session, score, pValue, anomalous, kind, voices}

Exit codes: 0 done; 1 it failed; 2 wrong usage; 3 anomalies were found (with --exit-code only)
`

export const createScoreCommand = (engine: Engine): Command => ({
  name: 'score',
  about: 'find what is odd in logs, and why',
  help: HELP,
  options: {
    model: { type: 'string' },
    models: { type: 'string' },
    all: { type: 'boolean' },
    follow: { type: 'boolean' },
    'no-follow': { type: 'boolean' },
    idle: { type: 'string' },
    drift: { type: 'string' },
    format: { type: 'string' },
    source: { type: 'string' },
    backend: { type: 'string' },
    'exit-code': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run(values, words, io) {
    needFiles(words, 'score')
    const format = choiceOf(values, 'format', ['auto', 'lines', 'events']) ?? 'auto'
    const options = openOptions(values)
    const model = needModel(values)
    const place = await placeOf(values, io, [model, ...words])
    const { paths, files } = await findFiles(words, place.s3 ?? {})
    const bundle = await openModel(model, place)
    const source = textOf(values, 'source')
    const stats = createLineStats()
    const progress = createProgress(io)
    const read = { files, stats, progress, phase: 'scoring', ...(source && { source }) }
    const input = await learnInput(paths, format, read)
    const totals = { sessions: 0, anomalies: 0 }
    const write = async (found: Detection): Promise<void> => {
      totals.sessions += found.verdicts.length
      totals.anomalies += found.verdicts.filter(({ anomalous }) => anomalous).length
      if (found.anomalies.length > 0) progress.end()
      await print(found, values, io)
    }
    try {
      if (
        input.format === 'lines' &&
        (await isFollowed(
          values,
          words.filter(word => !isS3(word)),
        ))
      ) {
        const idleMs = durationOf(values, 'idle') ?? idleOf(bundle)
        io.err(`a session is complete after ${duration(idleMs / 1000)} of silence (--idle)\n`)
        await follow(engine, bundle, { ...options, idleMs }, input.open(), write)
      } else {
        refuseFollowing(values, input)
        const name = rowSource(paths, read)
        await scoreAll({ engine, bundle, options, values, input, source: name }, write)
      }
    } finally {
      progress.end()
    }
    for (const note of inputNotes(stats)) io.err(`${note}\n`)
    if (stats.lines === 0) io.err('there are no lines: nothing to score\n')
    io.err(
      `${stats.lines.toLocaleString('en')} lines, ${totals.sessions.toLocaleString('en')} ` +
        `sessions, ${totals.anomalies.toLocaleString('en')} anomalies\n`,
    )
    return values['exit-code'] === true && totals.anomalies > 0 ? EXIT.anomalies : EXIT.ok
  },
})

/** By --follow or --no-follow; else pipes are. */
const isFollowed = async (values: Values, files: readonly string[]): Promise<boolean> => {
  const { follow: yes, 'no-follow': no } = values
  if (yes === true && no === true) throw leaveOut('--follow and --no-follow contradict each other')
  return yes === true || (no !== true && (await anyPipe(files)))
}

const refuseFollowing = (values: Values, { format }: LearnInput): void => {
  if (values.follow === true && format === 'events') {
    throw leaveOut('--follow is for log lines; sequences of events have no time')
  }
  if (values.idle !== undefined) throw leaveOut('--idle is for what is followed (--follow)')
}

const leaveOut = (why: string): LogbertError =>
  new LogbertError('BAD_CONFIG', `${why}; leave it out`)

interface Scoring {
  engine: Engine
  bundle: Bundle
  options: OpenOptions
  values: Values
  input: LearnInput
  /** Of rows. */
  source: string
}

/** A log that ends; sessions that are open when the input ends, well or not, are scored, too. */
const scoreAll = async (
  { engine, bundle, options, values, input, source }: Scoring,
  write: (found: Detection) => Promise<void>,
): Promise<void> => {
  const model = await engine.open(bundle, {
    ...options,
    ...(input.format === 'events' && { drift: false }),
    ...(values.all === true && { explain: false }),
  })
  try {
    if (input.format === 'events') {
      for await (const rows of input.open()) await write(await model.feedRows(rows, source))
    } else {
      for await (const lines of input.open()) await write(await model.feed(lines))
    }
  } finally {
    await write(await model.flush())
  }
}

const needModel = (values: Values): string => {
  const model = textOf(values, 'model')
  if (model !== undefined) return model
  throw new LogbertError(
    'BAD_CONFIG',
    'logbert score needs --model NAME or DIR; logbert models lists what there is',
  )
}

const openOptions = (values: Values): OpenOptions => {
  const drift = choiceOf(values, 'drift', ['on', 'off'])
  const backend = choiceOf(values, 'backend', ['auto', 'wasm', 'webgpu', 'native', 'reference'])
  return {
    ...(drift !== undefined && { drift: drift === 'on' }),
    ...(backend !== undefined && { backend }),
  }
}

const print = async (found: Detection, values: Values, io: Io): Promise<void> => {
  const json = values.json === true
  if (values.all !== true) {
    for (const anomaly of found.anomalies) {
      await io.out(json ? `${JSON.stringify(anomaly)}\n` : showAnomaly(anomaly))
    }
    return
  }
  for (const { session, score, pValue, anomalous, kind = null, voices } of found.verdicts) {
    await io.out(
      json
        ? `${JSON.stringify({ session, score, pValue, anomalous, kind, voices })}\n`
        : `${anomalous ? '!' : ' '} ${score.toFixed(3).padStart(9)}  p ${pValue.toPrecision(2).padEnd(8)} ${session}${kind === null ? '' : `  ${kind}`}\n`,
    )
  }
}
