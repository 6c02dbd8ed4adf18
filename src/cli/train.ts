import { LogbertError } from '../core/errors.ts'
import { createLineStats } from '../core/input/line-splitter.ts'
import { LOGBERT_DEFAULTS } from '../core/logbert/config.ts'
import type { Engine, LearnOptions, LearnProgress } from '../core/pipeline/engine.ts'
import { publishBundle } from '../core/store/bundle.ts'
import { openModels } from '../serve/model-store.ts'
import {
  type Command,
  choiceOf,
  EXIT,
  needFiles,
  numberOf,
  textOf,
  type Values,
} from './command.ts'
import { learnInput } from './learn-input.ts'
import { PARSE_HELP, PARSE_OPTIONS, parseOptionsOf, windowOf } from './learn-options.ts'
import { inputNotes } from './log-files.ts'
import { MODELS_HELP, placeOf } from './model-place.ts'
import { createProgress } from './progress.ts'
import { findFiles } from './s3-files.ts'

const BACKENDS = ['auto', 'wasm', 'webgpu', 'native', 'reference'] as const

const HELP = `logbert train FILE… [OPTIONS]: learns what normal logs look like, writes a model

No labels are needed. The logs should be mostly normal; a few odd sessions do no harm. FILE may be
s3://bucket/prefix*.log*, too: all objects that match, in the order of their keys ('*' stops at '/',
'**' does not; what ends in '/' is everything below it).

${MODELS_HELP}  --name NAME        name of the model (default); each training makes a new version of it
  --format F         auto, lines (log text), events (one session a line: e1 e2 e3 … or id,e1 e2 e3 …)
  --session S        auto (found in the logs, with its evidence), none (windows), or a regular
                     expression whose first group, else whole match, is the session key
  --window W         where lines have no key: events (100), a time (60s, 5m), sliding as size/step
                     (100/50); auto: 10 to 100 events, by the log's length
${PARSE_HELP}  --budget A         share of normal sessions that you accept to be alarmed (0.001)
  --impurity S       share of the sessions that you know to be odd: so many of the oddest are not
                     learned from (0); only say what you know, clean logs lose by it
  --seed N           same seed, lines and backend: same model (1)
  --epochs N         most passes of LogBERT (${LOGBERT_DEFAULTS.epochs}); 0 trains the other voices only, in seconds
  --backend B        auto (measures), wasm, webgpu, native, reference
  --source NAME      source of all lines; each file's name when absent
  --json             progress as one JSON object a line, the last {"type":"done","bundle":PATH,…}

Exit codes: 0 done, 1 it failed (nothing was published), 2 wrong usage
`

export const createTrainCommand = (engine: Engine): Command => ({
  name: 'train',
  about: 'learn from logs, write a model',
  help: HELP,
  options: {
    models: { type: 'string' },
    name: { type: 'string' },
    format: { type: 'string' },
    session: { type: 'string' },
    window: { type: 'string' },
    budget: { type: 'string' },
    impurity: { type: 'string' },
    seed: { type: 'string' },
    epochs: { type: 'string' },
    backend: { type: 'string' },
    source: { type: 'string' },
    json: { type: 'boolean' },
    ...PARSE_OPTIONS,
  },
  async run(values, words, io) {
    needFiles(words, 'train')
    const options = learnOptions(values)
    const format = choiceOf(values, 'format', ['auto', 'lines', 'events']) ?? 'auto'
    const source = textOf(values, 'source')
    const json = values.json === true
    const stats = createLineStats()
    const progress = createProgress(io)
    const start = performance.now()
    const place = await placeOf(values, io, words)
    const { paths, files } = await findFiles(words, place.s3 ?? {})
    const read = { files, stats, progress, ...(source && { source }) }
    const input = await learnInput(paths, format, read)
    const draft = await engine
      .learn(input, options, told => {
        if (json) void io.out(`${JSON.stringify({ type: 'progress', ...told })}\n`)
        progress.update(shown(told))
      })
      .finally(() => progress.end())
    const store = openModels(place)
    const { name, version } = await publishBundle(store, draft)
    const bundle = `${store.about}/${name}/${version}`
    const seconds = Math.round(performance.now() - start) / 1000
    for (const note of inputNotes(stats)) io.err(`${note}\n`)
    const done = { type: 'done', bundle, name, version, seconds, training: draft.training }
    await io.out(json ? `${JSON.stringify(done)}\n` : `${bundle}\n`)
    io.err(summary(name, draft.training, seconds))
    return EXIT.ok
  },
})

const learnOptions = (values: Values): LearnOptions => ({
  name: textOf(values, 'name') ?? 'default',
  session: textOf(values, 'session') ?? 'auto',
  ...impurityOf(values),
  ...windowOf(values),
  ...parseOptionsOf(values),
  budget: positive(numberOf(values, 'budget', { least: 0, most: 0.5 })) ?? 0.001,
  seed: numberOf(values, 'seed', { least: 0, most: 0xffff_ffff, whole: true }) ?? 1,
  epochs:
    numberOf(values, 'epochs', { least: 0, most: 10_000, whole: true }) ?? LOGBERT_DEFAULTS.epochs,
  backend: choiceOf(values, 'backend', BACKENDS) ?? 'auto',
})

const impurityOf = (values: Values): { impurity?: number } => {
  const impurity = numberOf(values, 'impurity', { least: 0, most: 0.49 })
  return impurity === undefined ? {} : { impurity }
}

const positive = (budget: number | undefined): number | undefined => {
  if (budget !== 0) return budget
  throw new LogbertError(
    'BAD_CONFIG',
    '--budget is 0: no threshold keeps that promise; give the share of normal sessions that you ' +
      'accept to be alarmed, 0.001 for one in a thousand',
  )
}

const shown = ({ phase, share, note }: LearnProgress) => ({
  phase,
  ...(share !== undefined && { share }),
  ...(note !== undefined && { note }),
})

const summary = (name: string, training: Record<string, unknown>, seconds: number): string => {
  const facts = Object.entries(training)
    .filter(([, value]) => typeof value === 'number')
    .map(([key, value]) => `${(value as number).toLocaleString('en')} ${key}`)
  return `trained ${name} in ${seconds.toFixed(1)} s: ${facts.join(', ')}\nnow: logbert score FILE --model ${name}\n`
}
