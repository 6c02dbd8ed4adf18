import { LogbertError } from '../core/errors.ts'
import { corpusOfLines, corpusOfRows } from '../core/evaluate/corpus.ts'
import { type Corpus, type Evaluation, evaluate } from '../core/evaluate/evaluate.ts'
import { type Result, spreadOf } from '../core/evaluate/result.ts'
import type { EventRow } from '../core/input/event-rows.ts'
import { readLabels } from '../core/input/labels.ts'
import { createLineStats } from '../core/input/line-splitter.ts'
import { LOGBERT_DEFAULTS } from '../core/logbert/config.ts'
import type { Engine } from '../core/pipeline/engine.ts'
import type { LogLine } from '../core/types.ts'
import {
  type Command,
  choiceOf,
  EXIT,
  type Io,
  needFiles,
  numberOf,
  textOf,
  type Values,
} from './command.ts'
import { learnInput, rowSource } from './learn-input.ts'
import { PARSE_HELP, PARSE_OPTIONS, parseOptionsOf } from './learn-options.ts'
import { inputNotes, readLogFiles } from './log-files.ts'
import { createProgress, type Progress } from './progress.ts'

/** An evaluation holds its input in memory. */
const MOST_LINES = 5_000_000

const HELP = `logbert evaluate FILE… --labels CSV [OPTIONS]: an honest table for your own data

Splits the sessions, learns from normal ones, scores the others by the very path of train and score,
and counts. Labels only choose what is learned from and count hits; every threshold comes from
normal training data. Beside it: each voice alone, and simple baselines that it must beat.

  --labels CSV       session key and label (1/0, Anomaly/Normal, …), with or without column names;
                     sessions that it does not name are taken to be normal, and counted
  --split S          time: learn from the first part, score the rest (default where lines have
                     sessions); random: learn from normal sessions drawn by the seed
  --train SHARE      share to learn from (0.5)
  --seeds N          random splits to average over (3; a split by time is one)
  --budget A         share of normal sessions that you accept to be alarmed (0.001)
  --session S        auto, or a pattern; see logbert train --help
  --drift on|off     as in score (on)
  --epochs N, --backend B, --seed N, --format F   as in train
${PARSE_HELP}  --json             one JSON object a method and seed, the last {"type":"done",…}

Exit codes: 0 done, 1 it failed, 2 wrong usage
`

export const createEvaluateCommand = (engine: Engine): Command => ({
  name: 'evaluate',
  about: 'how good is it on labelled logs, beside simple baselines',
  help: HELP,
  options: {
    ...Object.fromEntries(
      [
        ...['labels', 'split', 'train', 'seeds', 'budget', 'session', 'drift'],
        ...['epochs', 'backend', 'seed', 'format', 'source'],
      ].map(name => [name, { type: 'string' as const }]),
    ),
    json: { type: 'boolean' },
    ...PARSE_OPTIONS,
  },
  async run(values, words, io) {
    const files = needFiles(words, 'evaluate')
    const options = readOptions(values)
    const progress = createProgress(io)
    const labels = await readLabelFile(needLabels(values))
    const corpus = await readCorpus(files, labels, values, progress, io)
    const runs: Evaluation[] = []
    for (let i = 0; i < options.seeds; i++) {
      progress.update({ phase: `split ${i + 1} of ${options.seeds}`, share: i / options.seeds })
      const seed = options.seed + i
      const { learn, drift, split, train } = options
      runs.push(
        await evaluate(corpus, engine, { split, train, seed, drift, learn: { ...learn, seed } }),
      )
    }
    progress.end()
    await (values.json === true ? printJson(runs, options, io) : printTable(runs, options, io))
    return EXIT.ok
  },
})

const readOptions = (values: Values) => {
  const split = choiceOf(values, 'split', ['time', 'random']) ?? 'time'
  const seeds = numberOf(values, 'seeds', { least: 1, most: 1000, whole: true }) ?? 3
  const seed = numberOf(values, 'seed', { least: 0, most: 0xffff_0000, whole: true }) ?? 1
  const train = numberOf(values, 'train', { least: 0.001, most: 0.999 }) ?? 0.5
  const budget = numberOf(values, 'budget', { least: 1e-6, most: 0.5 }) ?? 0.001
  return {
    split,
    train,
    budget,
    seed,
    seeds: split === 'time' ? 1 : seeds,
    drift: choiceOf(values, 'drift', ['on', 'off']) !== 'off',
    learn: {
      session: textOf(values, 'session') ?? 'auto',
      ...parseOptionsOf(values),
      budget,
      seed,
      epochs:
        numberOf(values, 'epochs', { least: 0, most: 10_000, whole: true }) ??
        LOGBERT_DEFAULTS.epochs,
      backend:
        choiceOf(values, 'backend', ['auto', 'wasm', 'webgpu', 'native', 'reference']) ?? 'auto',
    },
  } as const
}

const needLabels = (values: Values): string => {
  const labels = textOf(values, 'labels')
  if (labels !== undefined) return labels
  throw new LogbertError(
    'BAD_CONFIG',
    'logbert evaluate needs --labels CSV: a line for each session, key and label',
  )
}

const readLabelFile = async (file: string): Promise<Map<string, boolean>> => {
  const lines: string[] = []
  for await (const batch of readLogFiles([file])) {
    for (const { text } of batch.lines) lines.push(text)
  }
  return readLabels(lines, file)
}

const readCorpus = async (
  files: readonly string[],
  labels: ReadonlyMap<string, boolean>,
  values: Values,
  progress: Progress,
  io: Io,
): Promise<Corpus> => {
  const format = choiceOf(values, 'format', ['auto', 'lines', 'events']) ?? 'auto'
  const source = textOf(values, 'source')
  const stats = createLineStats()
  const read = { stats, progress, ...(source && { source }) }
  const input = await learnInput(files, format, read)
  const lines: LogLine[] = []
  const rows: EventRow[] = []
  const into = async <T>(all: T[], batches: AsyncIterable<T[]>): Promise<void> => {
    for await (const batch of batches) {
      for (const each of batch) all.push(each)
      if (all.length > MOST_LINES) throw tooMany()
    }
  }
  if (input.format === 'lines') await into(lines, input.open())
  else await into(rows, input.open())
  progress.end()
  for (const note of inputNotes(stats)) io.err(`${note}\n`)
  if (input.format === 'events') {
    return noted(corpusOfRows(rows, labels, rowSource(files, read)), io)
  }
  const corpus = corpusOfLines(
    lines,
    labels,
    textOf(values, 'session') ?? 'auto',
    parseOptionsOf(values).parse,
  )
  io.err(`${corpus.evidence}\n`)
  return noted(corpus, io)
}

const noted = <T extends Corpus & { unlabelled: number }>(corpus: T, io: Io): T => {
  if (corpus.unlabelled > 0) {
    io.err(`${corpus.unlabelled} sessions have no label and are taken to be normal\n`)
  }
  return corpus
}

const tooMany = (): LogbertError =>
  new LogbertError(
    'LIMIT',
    `evaluating holds its input in memory, at most ${MOST_LINES} lines: give a part of the log`,
  )

type Options = ReturnType<typeof readOptions>

const printJson = async (runs: readonly Evaluation[], options: Options, io: Io): Promise<void> => {
  for (const [i, { results, training, test, seconds }] of runs.entries()) {
    const seed = options.seed + i
    for (const [method, result] of results) {
      await io.out(`${JSON.stringify({ type: 'result', seed, method, ...result })}\n`)
    }
    await io.out(`${JSON.stringify({ type: 'run', seed, training, test, seconds })}\n`)
  }
  const f1 = spreadOf(runs.map(({ results }) => results.values().next().value!.all.f1))
  await io.out(`${JSON.stringify({ type: 'done', runs: runs.length, f1 })}\n`)
}

const COLUMNS: [string, (result: Result) => number][] = [
  ['P', ({ all }) => all.precision],
  ['R', ({ all }) => all.recall],
  ['F1', ({ all }) => all.f1],
  ['false %', ({ all }) => 100 * all.falseAlarms],
  ['oracle F1', ({ all }) => all.oracleF1],
  ['AUROC', ({ all }) => all.auroc],
  ['AUPRC', ({ all }) => all.auprc],
  ['F1 distinct', ({ distinct }) => distinct.f1],
  ['AUROC distinct', ({ distinct }) => distinct.auroc],
]

/** Means over the seeds; for F1 also its deviation and its worst. */
const printTable = async (runs: readonly Evaluation[], options: Options, io: Io): Promise<void> => {
  const [first] = runs
  const { split, train, budget, drift } = options
  await io.out(
    `${split} split, ${100 * train} % to learn from, budget ${100 * budget} %, drift ` +
      `${drift ? 'on' : 'off'}, ${runs.length} run${runs.length > 1 ? 's' : ''}; the first learned ` +
      `from ${first!.training} normal sessions in ${first!.seconds.learn.toFixed(1)} s and scored ` +
      `${first!.test.normal} normal and ${first!.test.odd} anomalous ones in ` +
      `${first!.seconds.score.toFixed(1)} s\n\n`,
  )
  const head = COLUMNS.map(([name]) => name.padStart(Math.max(8, name.length)))
  await io.out(`${'label-free, but for the oracle'.padEnd(32)}${head.join(' ')}\n`)
  for (const method of first!.results.keys()) {
    const results = runs.map(run => run.results.get(method)!)
    const cells = COLUMNS.map(([name, pick]) =>
      spreadOf(results.map(pick)).mean.toFixed(4).padStart(Math.max(8, name.length)),
    )
    const { deviation, worst } = spreadOf(results.map(({ all }) => all.f1))
    const spread =
      runs.length > 1 ? `  F1 ± ${deviation.toFixed(4)}, worst ${worst.toFixed(4)}` : ''
    await io.out(`${method.padEnd(32)}${cells.join(' ')}${spread}\n`)
  }
}
