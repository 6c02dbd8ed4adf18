import { beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { RcaReport } from '../../src/core/rca/types.ts'
import { createRandom } from '../../src/core/simulator/random.ts'
import {
  createRenderer,
  createSystem,
  FAMILIES,
  planSystemFault,
  runSystem,
  type System,
  type SystemLine,
  toRecord,
} from '../../src/core/simulator/systems/systems.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import { folderStore } from '../../src/platform/files.ts'
import { draftOf } from '../serve/versions.ts'
import { testFolder } from './folder.ts'
import { logbert } from './spawn.ts'

const { path: folder, put } = testFolder()
const models = join(folder, 'models')
const SLOW = 60_000
const MINUTE = 60_000
const BEGIN = Date.UTC(2026, 0, 5, 8)
const FAULT = BEGIN + 60 * MINUTE

const systems = Array.from({ length: 60 }, (_, seed) => createSystem(FAMILIES[0]!, seed + 1))
const recorded = systems.find(({ house }) => house.shape === 'records')!
const inFiles = systems.find(({ house }) => house.shape === 'files')!

const normalOf = (system: System): SystemLine[] =>
  runSystem(system, { seed: 3, from: BEGIN, to: BEGIN + 20 * MINUTE })
const window = { from: FAULT - 2 * MINUTE, to: FAULT + 3 * MINUTE }
const troubleOf = (system: System) => {
  const when = { from: FAULT, to: window.to }
  const { truth, prepare } = planSystemFault(system, { kind: 'exception', seed: 5, ...when })!
  return { truth, lines: runSystem(system, { seed: 8, ...window, prepare }) }
}
const records = (lines: readonly SystemLine[]): string =>
  lines.map(line => `${toRecord(line).text}\n`).join('')
/** Each instance's lines in a file of its own, as its library writes them. */
const filesOf = (system: System, lines: readonly SystemLine[]): Map<string, string> => {
  const render = createRenderer(system)
  const files = new Map<string, string>()
  for (const line of lines) {
    const { source, text } = render(line)
    files.set(source, `${files.get(source) ?? ''}${text}\n`)
  }
  return files
}

const trouble = troubleOf(recorded)
const text = records(trouble.lines)
const train = async (files: string[], name: string): Promise<void> => {
  const args = ['train', ...files, '--models', models, '--name', name, '--epochs', '0']
  const { code, err } = await logbert(args)
  if (code !== 0) throw new Error(err)
}
const rca = (files: string[], ...more: string[]) =>
  logbert(['rca', ...files, '--models', models, '--model', 'shop', ...more])
const report = async (files: string[], ...more: string[]) => {
  const { code, out, err, records: all } = await rca(files, '--json', ...more)
  expect([code, err]).toEqual([0, ''])
  expect(out.endsWith('}\n')).toBe(true)
  const [first, ...others] = all<RcaReport & { lines: { id: string; text: string }[] }>()
  expect(others).toEqual([])
  return first!
}
const firstNames = ({ suspects }: RcaReport): string[] =>
  suspects.slice(0, 3).map(({ name }) => name)

const files = { fault: '', start: new Date(FAULT).toISOString() }
beforeAll(async () => {
  files.fault = put('fault.jsonl', text)
  await train([put('normal.jsonl', records(normalOf(recorded)))], 'shop')
}, SLOW)

test(
  'JSON lines: one object tells who is to blame, with a score, why, and lines that are in the file',
  async () => {
    const found = await report([files.fault])
    expect(found).toMatchObject({ found: true })
    expect(firstNames(found)).toContain(trouble.truth.service)
    expect(found.confidence).toBeWithin(0, 1)
    expect(found.summary).toContain(found.suspects[0]!.name)
    const lines = text.split('\n')
    for (const { name, kind, score, why, evidence } of found.suspects) {
      for (const part of [name, kind, why]) expect(part).toBeString()
      expect(score).toBeGreaterThan(0)
      for (const id of evidence) expect(id).toMatch(/^fault\.jsonl:\d+$/)
    }
    // The first line of a file is 1.
    expect(found.suspects[0]!.evidence.length).toBeGreaterThan(0)
    for (const { id, text: said } of found.lines) {
      expect(JSON.parse(lines[Number(id.split(':')[1]) - 1]!).message).toStartWith(
        said.slice(0, 40),
      )
    }
    // The odd stretch is found where it is not told.
    expect(found.start).toBeWithin(FAULT - MINUTE, FAULT + 2 * MINUTE)
  },
  SLOW,
)

test(
  'a start, a stretch and a zone are understood; several files, packed ones and a pipe are one log',
  async () => {
    const whole = await report([files.fault], '--start', files.start)
    expect(whole.start).toBe(FAULT)
    expect(firstNames(whole)).toContain(trouble.truth.service)
    for (const start of ['2026-01-05 10:00:00+01:00', `${FAULT / 1000}`, `${FAULT}`]) {
      expect(await report([files.fault], '--start', start)).toEqual(whole)
    }
    const lines = text.split('\n')
    const half = Math.floor(lines.length / 2)
    const parts = [lines.slice(0, half), lines.slice(half)].map((part, i) =>
      put(`part-${i}.jsonl.gz`, Bun.gzipSync(new TextEncoder().encode(part.join('\n')))),
    )
    const split = await report(parts, '--start', files.start, '--source', 'all')
    expect(split.suspects.map(({ score }) => score)).toEqual(
      whole.suspects.map(({ score }) => score),
    )
    const ids = split.lines.map(({ id }) => id)
    expect(new Set(ids.map(id => id.split(':')[0]))).toEqual(
      new Set(['part-0.jsonl', 'part-1.jsonl']),
    )
    for (const { id, text: said } of split.lines) {
      const [name, line] = id.split(':')
      const at = (name === 'part-1.jsonl' ? half : 0) + Number(line) - 1
      expect(JSON.parse(lines[at]!).message).toStartWith(said.slice(0, 40))
    }
    const args = ['rca', '-', '--models', models, '--model', 'shop', '--json']
    const piped = await logbert([...args, '--start', files.start], { input: text })
    expect(piped.records<RcaReport>()[0]!.suspects[0]!.evidence[0]).toMatch(/^stdin:\d+$/)
    const before = await report([files.fault], '--to', new Date(FAULT - 1).toISOString())
    expect(before).toMatchObject({ found: false })
    expect(before.cut.lines).toBe(trouble.lines.filter(({ at }) => Math.floor(at) < FAULT).length)
  },
  SLOW,
)

test(
  'where nothing is wrong that is the answer, in words and as JSON',
  async () => {
    const quiet = put('quiet.jsonl', records(runSystem(recorded, { seed: 9, ...window })))
    const words = await rca([quiet])
    expect([words.code, words.err]).toEqual([0, ''])
    expect(words.out).toContain('No root cause was found')
    expect(await report([quiet])).toMatchObject({ found: false, suspects: [], confidence: 0 })
  },
  SLOW,
)

test(
  'where there are no lines, or none that says anything, that is a fault; what makes a report doubtful is in it',
  async () => {
    const fails = async (text: string): Promise<string> => {
      const { code, out, err } = await rca([put('bad.log', text)], '--json')
      expect([code, out]).toEqual([1, ''])
      return err
    }
    expect(await fails('')).toContain('nothing to look at: the input holds no line')
    expect(await fails('\n  \n\t\r\n')).toContain('nothing to look at: all 3 lines are blank')
    const piped = ['rca', '-', '--models', models, '--model', 'shop']
    expect((await logbert(piped, { input: '' })).code).toBe(1)
    const strange = put('other.log', 'ok 1\n{"ts": \n  \ndoor 7 opens\n')
    const { notes, lines } = (await report([strange])).cut
    expect(lines).toBe(3)
    expect(notes).toEqual([
      expect.stringContaining('none of the 3 lines is like one that the model was trained on'),
      expect.stringContaining('no line has a time that can be read'),
    ])
    const timed = await rca([strange], '--start', files.start)
    expect([timed.code, timed.out]).toEqual([2, ''])
    expect(timed.err).toContain('so that --start says nothing')
    expect((await report([files.fault])).cut.notes).toEqual([])
  },
  SLOW,
)

test(
  'lines without a time do not make the time of reading a part of the log',
  async () => {
    const banner = put('banner.jsonl', `shop 2.1 starts\n\n${text}`)
    const notes = put('notes.log', 'who is on call?\nann\n')
    const whole = await report([files.fault])
    const found = await report([banner, notes])
    expect(firstNames(found)).toContain(trouble.truth.service)
    expect(found.start).toBe(whole.start)
    expect(found.cut.notes.join()).toContain('2 lines without a time were left out')
    // Where no line has one, they are all there is.
    expect((await report([notes])).cut).toMatchObject({ lines: 2, left: 0 })
  },
  SLOW,
)

test(
  'plain logs of many services in files of their own are read as they were when it was trained',
  async () => {
    const write = (lines: readonly SystemLine[]): string[] =>
      [...filesOf(inFiles, lines)].map(([source, part]) => put(source, part))
    await train(write(normalOf(inFiles)), 'files')
    const { truth, lines } = troubleOf(inFiles)
    const args = ['rca', ...write(lines), '--models', models, '--model', 'files']
    const outcome = await logbert([...args, '--json'])
    expect([outcome.code, outcome.err]).toEqual([0, ''])
    const found = outcome.records<RcaReport>()[0]!
    expect(found.found).toBe(true)
    expect(firstNames(found)).toContain(truth.service)
    const words = await logbert(args)
    expect(words.out).toContain('# Root cause')
    expect(words.out).toContain(found.suspects[0]!.name)
  },
  SLOW,
)

test(
  'records whose fields go by other names, in another zone, are read as those that it was trained on',
  async () => {
    const zone = 2 * 3_600_000
    const renamed = trouble.lines.map(line => {
      const { timestamp, service, level, message, ...more } = JSON.parse(toRecord(line).text)
      const local = new Date(Date.parse(timestamp) + zone).toISOString().replace('Z', '+02:00')
      const ids = { traceId: more.trace_id, spanId: more.span_id, pod: more.instance }
      return `${JSON.stringify({ ts: local, app: service, severity: level, ...ids, msg: message })}\n`
    })
    const whole = await report([files.fault])
    const found = await report([put('renamed.jsonl', renamed.join(''))])
    expect(firstNames(found)).toEqual(firstNames(whole))
    expect(found.start).toBe(whole.start)
    expect(found.impact).toEqual(whole.impact)
  },
  SLOW,
)

/** Requests of a program that writes neither its name nor ids with a name of their own. */
const plainLog = (begin: number, requests: number, failing: (i: number) => boolean): string => {
  const random = createRandom(begin / 1000)
  let at = begin
  const say = (wait: number, text: string): string => {
    at += wait
    return `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')} ${text}\n`
  }
  return Array.from({ length: requests }, (_, i) => {
    const name = `request ${random.int(10_000, 99_999)}`
    const begun =
      say(random.int(10, 2000), `INFO ${name} received`) + say(10, `INFO ${name} looks up its row`)
    return failing(i)
      ? begun + say(10, `ERROR ${name} failed: quota exceeded`)
      : begun +
          say(10, `INFO ${name} has its row`) +
          say(10, `INFO ${name} done in ${random.int(5, 30)} ms`)
  }).join('')
}

test(
  'a log that was learned by itself is known again under another name, in parts, and as of another day',
  async () => {
    await train(
      [
        put(
          'app.log',
          plainLog(BEGIN, 1500, () => false),
        ),
      ],
      'app',
    )
    const of = async (files: string[]) => {
      const outcome = await logbert([
        'rca',
        ...files,
        '--models',
        models,
        '--model',
        'app',
        '--json',
      ])
      expect(outcome.code, outcome.err).toBe(0)
      return outcome.records<RcaReport>()[0]!
    }
    const quiet = plainLog(FAULT, 400, () => false)
    const half = quiet.indexOf('\n', quiet.length / 2) + 1
    expect(await of([put('copy.log', quiet)])).toMatchObject({ found: false })
    const parts = [put('one.log', quiet.slice(0, half)), put('two.log', quiet.slice(half))]
    expect(await of(parts)).toMatchObject({ found: false })
    const bad = put(
      'trouble.txt',
      plainLog(FAULT, 400, i => i > 200 && i % 2 === 0),
    )
    const found = await of([bad])
    expect(found).toMatchObject({ found: true, suspects: [{ name: 'app' }] })
    expect(found.summary).toContain('quota exceeded')
    expect(found.suspects[0]!.evidence[0]).toStartWith('trouble.txt:')
  },
  SLOW,
)

test(
  'a model is named, or its folder; without one, or with one that knows nothing of causes, it is said what to do',
  async () => {
    const of = (...args: string[]) => logbert(['rca', files.fault, '--json', ...args])
    const folders = [models, join(models, 'shop'), join(models, 'shop/')]
    const [place, ...versions] = await Promise.all(folders.map(each => of('--model', each)))
    for (const { code, err } of versions) expect([code, err]).toEqual([0, ''])
    expect([place!.code, place!.out]).toEqual([2, ''])
    expect(place!.err).toContain('holds several models (')
    const none = await of()
    expect([none.code, none.out]).toEqual([2, ''])
    expect(none.err).toContain('logbert train')
    const other = await of('--models', models, '--model', 'other')
    expect([other.code, other.out]).toEqual([1, ''])
    expect(other.err).toContain('shop@')
    const registry = createRegistry(folderStore(models))
    const { rca: _, ...bundle } = await registry.load('shop')
    const bare = await registry.publish({ ...draftOf(bundle), name: 'bare' })
    const old = await of('--models', models, '--model', `bare@${bare.version}`)
    expect([old.code, old.out]).toEqual([1, ''])
    expect(old.err).toContain('train it again on log lines')
  },
  SLOW,
)

test(
  'what is wrong with files and times is said, and nothing else',
  async () => {
    const fails = async (list: string[], ...more: string[]): Promise<[number, string]> => {
      const { code, out, err } = await rca(list, '--json', ...more)
      expect(out).toBe('')
      return [code, err.split('\n')[0]!]
    }
    const said = (text: string) => expect.stringContaining(text)
    const one = [files.fault]
    expect(await fails([])).toEqual([2, said('needs at least one FILE')])
    expect(await fails([join(folder, 'none.log')])).toEqual([1, said('it does not exist')])
    expect(await fails([folder])).toEqual([1, said('it is a directory')])
    expect(await fails(one, '--start', 'yesterday')).toEqual([2, said('"yesterday"; give a time')])
    expect(await fails(one, '--from', '2026-13-05')).toEqual([2, said('--from is "2026-13-05"')])
    expect(await fails(one, '--start', '2026-01-06T09:00:00Z')).toEqual([
      ...[2, said('is not within the lines: the lines are from 2026-01-05T08:58')],
    ] as never)
    expect(await fails(one, '--start', '2026-01-05T07:00:00Z')).toEqual([
      ...[2, said('is not within the lines')],
    ] as never)
    expect(await fails(one, '--from', '2026-01-06')).toEqual([
      ...[2, said('no line is within --from 2026-01-06')],
    ] as never)
    expect(await fails(one, '--from', '2026-01-06', '--to', '2026-01-05')).toEqual([
      ...[2, said('is not before --to')],
    ] as never)
    expect(await fails(one, '--from', '2026-01-05T09:01Z', '--start', files.start)).toEqual([
      ...[2, said('is before --from')],
    ] as never)
    // A start just before the first line is the first line.
    const early = await report(one, '--start', new Date(window.from - 30_000).toISOString())
    expect(early.start).toBeWithin(window.from, window.from + 1000)
  },
  SLOW,
)
