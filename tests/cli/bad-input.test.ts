import { expect, test } from 'bun:test'
import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom } from '../../src/core/simulator/random.ts'
import { testFolder } from './folder.ts'
import { logbert } from './spawn.ts'

const { path: folder, put } = testFolder()
const models = join(folder, 'models')
const SLOW = 60_000

const many = (count: number, line: (i: number) => string, end = '\n'): string =>
  Array.from({ length: count }, (_, i) => line(i) + end).join('')

const random = createRandom(1)
const word = (): string =>
  Array.from({ length: random.int(3, 9) }, () => String.fromCharCode(random.int(97, 122))).join('')
const stamp = (): string => `2026-01-0${random.int(1, 9)}T0${random.int(0, 9)}:00:00Z`

const train = (file: string, name: string) =>
  logbert(['train', file, '--models', models, '--name', name, '--epochs', '0', '--json'])
const score = (file: string, name: string) =>
  logbert(['score', file, '--models', models, '--model', name, '--all', '--json'])

interface Training {
  templates: number
  warnings: string[]
}

const odd: [string, string | Uint8Array][] = [
  ['one line', 'hello world\n'],
  ['two lines', 'a b c\nd e f\n'],
  ['one template only', many(300, i => `2026-01-05T08:00:00Z INFO disk ${i} mounted`)],
  ['CRLF', many(300, i => `INFO request ${i} done`, '\r\n')],
  ['stamps that jump back', many(500, i => `${stamp()} INFO request ${i} done`)],
  ['no timestamps', many(300, i => (i % 3 === 0 ? 'worker started' : `job ${i} done`))],
  ['a line of 10 MB', `${'x'.repeat(10_000_000)}\n${many(50, i => `job ${i} done`)}`],
  [
    'wrong bytes',
    Buffer.from(
      many(300, i => `INFO the waiter of caf\xe9 number ${i} brings the bill`),
      'latin1',
    ),
  ],
  ['blank lines', many(300, i => (i % 2 === 0 ? '' : `job ${i} done`))],
]

test.each(odd)(
  '%s: trains, and scores its own lines without an alarm for most',
  async (name, text) => {
    const file = put(`${name}.log`, text)
    const id = name.replace(/\W/g, '-')
    const trained = await train(file, id)
    expect(trained.code, trained.err).toBe(0)
    expect(trained.records().at(-1)).toMatchObject({ type: 'done', name: id })
    const scored = await score(file, id)
    expect(scored.code, scored.err).toBe(0)
    const sessions = scored.records<{ anomalous: boolean }>()
    expect(sessions.length).toBeGreaterThan(0)
    expect(sessions.filter(({ anomalous }) => anomalous).length).toBeLessThanOrEqual(
      0.1 * sessions.length,
    )
  },
  SLOW,
)

test(
  'every line a new template: learns, scores, and warns that new ones cannot alarm',
  async () => {
    const text = many(2000, () => Array.from({ length: 5 }, word).join(' '))
    const file = put('new.log', text)
    const trained = await train(file, 'new')
    expect(trained.code, trained.err).toBe(0)
    const [done] = trained.records<{ training: Training }>().slice(-1)
    expect(done!.training.templates).toBeGreaterThan(1900)
    expect(done!.training.warnings.join()).toContain('new types common')
    expect((await score(file, 'new')).records().length).toBe(200)
  },
  SLOW,
)

test(
  'nothing to learn from, and what is no text, end with 1 and say what to do',
  async () => {
    const empty = await train(put('empty.log', ''), 'none')
    expect(empty).toMatchObject({ code: 1, out: '' })
    expect(empty.err).toContain('nothing to learn from')
    const binary = await train(
      put('bin.log', crypto.getRandomValues(new Uint8Array(50_000))),
      'none',
    )
    expect(binary).toMatchObject({ code: 1, out: '' })
    expect(binary.err).toContain('it is no text')
    expect((await logbert(['models', '--models', models])).out).not.toContain('none')
  },
  SLOW,
)

test(
  'a bundle that is cut off, changed or of another version is refused, with both sums',
  async () => {
    const file = put(
      'good.log',
      many(300, i => `INFO request ${i} done`),
    )
    await train(file, 'good')
    const [version] = readdirSync(join(models, 'good')).filter(name => name !== 'latest')
    const copy = (name: string): string => {
      const target = join(folder, name)
      cpSync(join(models, 'good', version!), target, { recursive: true })
      return target
    }
    const refused = async (bundle: string): Promise<string> => {
      const { code, out, err } = await score(file, bundle)
      expect({ code, out }).toEqual({ code: 1, out: '' })
      return err
    }
    const cut = copy('cut')
    truncateSync(join(cut, 'calibration.json'), 100)
    expect(await refused(cut)).toMatch(/calibration\.json failed: it holds 100 bytes.*SHA-256/)
    const changed = copy('changed')
    const templates = join(changed, 'templates.json')
    writeFileSync(templates, readFileSync(templates, 'utf8').replace('request', 'REQUEST'))
    expect(await refused(changed)).toMatch(
      /its SHA-256 is [0-9a-f]{64}, the manifest says [0-9a-f]{64}/,
    )
    const newer = copy('newer')
    const manifest = join(newer, 'manifest.json')
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"format": 1', '"format": 99'))
    expect(await refused(newer)).toMatch(/bundle format 99, this program reads 1; train again/)
  },
  SLOW,
)
