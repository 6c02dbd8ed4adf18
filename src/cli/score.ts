import { LogbertError } from '../core/errors.ts'
import { createLineStats } from '../core/input/line-splitter.ts'
import type { Detection, Engine, OpenModel, OpenOptions } from '../core/pipeline/engine.ts'
import { type Command, choiceOf, EXIT, type Io, needFiles, textOf, type Values } from './command.ts'
import { learnInput, rowSource } from './learn-input.ts'
import { inputNotes } from './log-files.ts'
import { openModel } from './model-place.ts'
import { createProgress } from './progress.ts'
import { showAnomaly } from './show-anomaly.ts'

const HELP = `logbert score FILE… --model NAME|DIR [OPTIONS]: finds what is odd and says why

For each odd session: its odd lines (>), what came before, what was expected instead with
probabilities, and what is missing.

  --model M          NAME, NAME@VERSION, or a folder that holds a model
  --models DIR       where models live (models)
  --all              one record for every session, in the order in which they closed
  --drift on|off     whether a pattern that becomes common becomes normal, with one notice
                     (on; files of events have no time: always off). A log is then judged as a
                     whole: results come at its end, or after 20,000 sessions; off: as they close
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
    drift: { type: 'string' },
    format: { type: 'string' },
    source: { type: 'string' },
    backend: { type: 'string' },
    'exit-code': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  async run(values, words, io) {
    const files = needFiles(words, 'score')
    const format = choiceOf(values, 'format', ['auto', 'lines', 'events']) ?? 'auto'
    const options = openOptions(values)
    const bundle = await openModel(needModel(values), textOf(values, 'models') ?? 'models')
    const source = textOf(values, 'source')
    const stats = createLineStats()
    const progress = createProgress(io)
    const read = { stats, progress, phase: 'scoring', ...(source && { source }) }
    const input = await learnInput(files, format, read)
    const model = await engine.open(bundle, {
      ...options,
      ...(input.format === 'events' && { drift: false }),
      ...(values.all === true && { explain: false }),
    })
    const totals = { sessions: 0, anomalies: 0 }
    const write = async (found: Detection): Promise<void> => {
      totals.sessions += found.verdicts.length
      totals.anomalies += found.verdicts.filter(({ anomalous }) => anomalous).length
      if (found.anomalies.length > 0) progress.end()
      await print(found, values, io)
    }
    try {
      if (input.format === 'events') {
        const name = rowSource(files, read)
        for await (const rows of input.open()) await write(await model.feedRows(rows, name))
      } else {
        for await (const lines of input.open()) await write(await model.feed(lines))
      }
    } finally {
      await finish(model, write, progress.end)
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

/** Sessions that were open when the input ended, well or not, are scored too. */
const finish = async (
  model: OpenModel,
  write: (found: Detection) => Promise<void>,
  end: () => void,
): Promise<void> => {
  await write(await model.flush())
  end()
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
