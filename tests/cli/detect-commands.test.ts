import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Command, Io } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/run.ts'
import { createScoreCommand } from '../../src/cli/score.ts'
import { createTrainCommand } from '../../src/cli/train.ts'
import type { EventRow } from '../../src/core/input/event-rows.ts'
import type { Detection, Engine, SessionVerdict } from '../../src/core/pipeline/engine.ts'
import type { Anomaly, ExplainedLine, LogLine } from '../../src/core/types.ts'
import { testFolder } from './folder.ts'

/** A rule in place of a model, so that the commands are tested by themselves: `boom` is odd. */
const boomEngine = (): Engine => ({
  stream: async () => {
    throw new Error('files are not followed')
  },
  sorter: async () => {
    throw new Error('files are not sorted')
  },
  async learn(input, options, tell) {
    let rows = 0
    if (input.format === 'lines') for await (const lines of input.open()) rows += lines.length
    else for await (const sessions of input.open()) rows += sessions.length
    tell({ phase: 'learning', share: 1, format: input.format })
    const { name, ...config } = options
    const parts = { templates: {}, vocab: {}, calibration: {} }
    return { name, ...parts, training: { rows, format: input.format }, config: { ...config } }
  },
  async open(bundle, options = {}) {
    const version = bundle.manifest.version
    let line = 0
    const judge = (session: string, source: string, text: string): Detection => {
      line++
      const anomalous = text.includes('boom')
      const verdict: SessionVerdict = {
        session,
        source,
        score: anomalous ? 9 : 1,
        pValue: anomalous ? 0.0001 : 0.5,
        anomalous,
        ...(anomalous && { kind: 'new template' }),
        lines: [line],
        voices: [{ name: options.drift === false ? 'still' : 'boom', score: 1, pValue: 0.5 }],
      }
      const odd: ExplainedLine = {
        line,
        at: 0,
        text,
        template: text,
        templateId: -1,
        surprise: 9,
        expected: [{ template: 'all is well', p: 0.9 }],
        odd: true,
      }
      const anomaly: Anomaly = {
        ...verdict,
        id: `${line}`,
        at: 0,
        firstSeen: 0,
        lastSeen: 0,
        kind: 'new template',
        lines: [odd],
        missing: [{ templateId: 3, template: 'bye', expected: 2, got: 0 }],
        model: { name: 'app', version },
      }
      return { verdicts: [verdict], anomalies: anomalous ? [anomaly] : [] }
    }
    const join = (all: Detection[]): Detection => ({
      verdicts: all.flatMap(each => each.verdicts),
      anomalies: all.flatMap(each => each.anomalies),
    })
    return {
      model: { name: 'app', version },
      feed: async (lines: readonly LogLine[]) =>
        join(lines.map(each => judge(`line ${line + 1}`, each.source, each.text))),
      feedRows: async (rows: readonly EventRow[], source: string) =>
        join(rows.map(row => judge(row.key, source, row.events.join(' ')))),
      quiet: async () => join([]),
      flush: async () => join([]),
    }
  },
})

const { path: folder, put } = testFolder()
const models = join(folder, 'models')

const run = async (...args: string[]) => {
  let out = ''
  let err = ''
  const io: Io = {
    out: async text => {
      out += text
    },
    err: text => {
      err += text
    },
    terminal: false,
    env: {},
  }
  const engine = boomEngine()
  const commands: Command[] = [createTrainCommand(engine), createScoreCommand(engine)]
  const code = await runCommand(commands, [...args, '--models', models], io)
  const records = out.split('\n').filter(line => line.startsWith('{'))
  return { code, out, err, records: records.map(line => JSON.parse(line)) }
}

test('train prints progress objects, the last one names the bundle', async () => {
  const file = put('app.log', 'one fine day\nall is well\n')
  const { code, out, records } = await run('train', file, '--name', 'app', '--seed', '4', '--json')
  expect(code).toBe(0)
  expect(records.length).toBe(out.trim().split('\n').length)
  expect(records[0]).toMatchObject({ type: 'progress', phase: 'learning', format: 'lines' })
  expect(records.at(-1)).toMatchObject({ type: 'done', name: 'app', training: { rows: 2 } })
  expect(records.at(-1).bundle).toStartWith(`${models}/app/`)
})

test('sequences are told from log text, and words by --format events', async () => {
  const numbers = await run('train', put('n.txt', '5 22 5\n11 9\n'), '--json')
  expect(numbers.records.at(-1).training).toEqual({ rows: 2, format: 'events' })
  const words = put('w.txt', 'a,open read close\nb,open close\n')
  expect((await run('train', words, '--json')).records.at(-1).training.format).toBe('lines')
  const told = await run('train', words, '--format', 'events', '--json')
  expect(told.records.at(-1).training).toEqual({ rows: 2, format: 'events' })
})

test('score prints anomalies; --all a record for every session in order', async () => {
  await run('train', put('t.log', 'all is well\n'), '--name', 'app')
  const file = put('s.log', 'fine\nboom now\nfine\n')
  const odd = await run('score', file, '--model', 'app', '--json')
  expect(odd.code).toBe(0)
  expect(odd.records).toMatchObject([
    { session: 'line 2', lines: [{ text: 'boom now', odd: true }] },
  ])
  const all = await run('score', file, '--model', 'app', '--json', '--all')
  expect(all.records.map(each => each.anomalous)).toEqual([false, true, false])
  for (const record of all.records) {
    expect(Object.keys(record)).toEqual([
      'session',
      'score',
      'pValue',
      'anomalous',
      'kind',
      'voices',
    ])
  }
  expect((await run('score', file, '--model', 'app', '--exit-code')).code).toBe(3)
})

test('a person reads the odd line, what was expected and what is missing', async () => {
  const file = put('h.log', 'boom \u001b[31mred\n')
  const { out, err } = await run('score', file, '--model', 'app')
  expect(out).toContain('NEW TEMPLATE  line 1')
  expect(out).toContain('expected      90 %  all is well')
  expect(out).toContain('missing   bye  (2 expected, 0 came)')
  expect(out).not.toContain('\u001b')
  expect(err).toContain('1 lines, 1 sessions, 1 anomalies')
})

test('the drift rule is off for files of events', async () => {
  const file = put('e.txt', 'x,1 2\ny,3\n')
  const { records } = await run('score', file, '--model', 'app', '--all', '--json', '--drift', 'on')
  expect(records.map(each => `${each.session} ${each.voices[0].name}`)).toEqual([
    'x still',
    'y still',
  ])
})

test('options out of range end with 2 and say the range', async () => {
  const file = put('o.log', 'x\n')
  const cases: [string[], RegExp][] = [
    [['train', file, '--budget', '0'], /accept to be alarmed/],
    [['train', file, '--budget', 'few'], /number from 0 to 0\.5/],
    [['train', file, '--epochs', '1.5'], /whole number/],
    [['train', file, '--backend', 'abacus'], /one of auto, wasm/],
    [['train', file, '--name', '../up'], /1 to 64 letters/],
    [['score', file], /needs --model/],
    [['score', file, '--model', 'app', '--drift', 'maybe'], /one of on, off/],
  ]
  for (const [args, message] of cases) {
    const { code, err, out } = await run(...args)
    expect({ args, code, out }).toEqual({ args, code: 2, out: '' })
    expect(err).toMatch(message)
  }
  const absent = await run('score', file, '--model', 'nobody')
  expect(absent.code).toBe(1)
  expect(absent.err).toContain('finding the model nobody@latest')
})
