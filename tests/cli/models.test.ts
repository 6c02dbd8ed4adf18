import { expect, test } from 'bun:test'
import { appendFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { publishBundle } from '../../src/core/store/bundle.ts'
import { createRegistry } from '../../src/core/store/registry.ts'
import { folderStore } from '../../src/platform/files.ts'
import { testFolder } from './folder.ts'
import { logbert } from './spawn.ts'

const { path: folder } = testFolder()

const draft = (created: number) => ({
  name: 'app',
  templates: {},
  vocab: {},
  calibration: {},
  training: { lines: 7 },
  config: {},
  created,
})

const publish = (dir: string, created = 1) => publishBundle(folderStore(dir), draft(created))

/** Runs `logbert models` on one folder. */
const on =
  (models: string) =>
  (...args: string[]) =>
    logbert(['models', ...args, '--models', models, '--json'])

test('models lists, inspects and verifies', async () => {
  const models = join(folder, 'a')
  const { version } = await publish(models)
  const run = on(models)
  const entry = { name: 'app', version, latest: true, channels: ['latest'] }
  expect((await run()).records()).toEqual([entry])
  expect((await run('list', 'app')).records()).toEqual([entry])
  expect((await run('list', 'other')).records()).toEqual([])
  expect((await logbert(['models', '--models', models])).out).toBe(`* app@${version}  latest\n`)
  expect((await run('inspect', 'app')).records()[0]).toMatchObject({
    version,
    training: { lines: 7 },
  })
  expect((await run('inspect', join(models, 'app', version))).records()[0]).toMatchObject({
    version,
  })
  const sound = await run('verify')
  expect(sound.code).toBe(0)
  expect(sound.records()[0]).toMatchObject({ sound: true, files: 3 })
}, 20_000)

test('models promotes, rolls back and removes, and says what it cannot do', async () => {
  const models = join(folder, 'p')
  const run = on(models)
  const a = await publish(models, 1)
  const b = await publish(models, 2)
  const registry = createRegistry(folderStore(models))
  const c = await registry.publish(draft(3))
  await registry.offer('app', c.version)
  const promoted = await run('promote', 'app')
  expect(promoted.records()).toEqual([{ name: 'app', version: c.version, channels: ['latest'] }])
  expect(promoted.err).toContain(`latest was app@${b.version}; undo with`)
  const again = await run('promote', 'app')
  expect([again.code, again.out]).toEqual([1, ''])
  expect(again.err).toContain('there is no candidate')
  expect((await run('promote', `app@${c.version}`)).err).toContain('it is latest already')
  expect((await run('rollback', 'app')).records()[0]).toMatchObject({ version: b.version })
  const refused = await run('remove', 'app@previous')
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('previous names it')])
  expect((await run('remove', `app@${a.version}`)).records()).toEqual([
    { name: 'app', version: a.version, removed: true },
  ])
  expect((await run('list')).records().map(entry => entry.version)).toEqual([b.version, c.version])
}, 20_000)

test('models exports to a folder that scores and imports, whole or not at all', async () => {
  const run = on(join(folder, 'e'))
  const { version } = await publish(join(folder, 'e'))
  const target = join(folder, 'exported')
  expect((await run('export', 'app', target)).records()).toEqual([
    { name: 'app', version, folder: target },
  ])
  const full = await run('export', 'app', target)
  expect([full.code, full.err]).toEqual([1, expect.stringContaining('an empty folder')])
  const elsewhere = join(folder, 'i')
  const taken = await on(elsewhere)('import', target)
  expect(taken.records()).toEqual([{ name: 'app', version }])
  expect(taken.err).toContain(`logbert models promote app@${version}`)
  expect((await on(elsewhere)('promote', `app@${version}`)).code).toBe(0)
  expect((await on(elsewhere)('verify')).code).toBe(0)
  appendFileSync(join(target, 'vocab.json'), ' ')
  const damaged = await on(join(folder, 'j'))('import', target)
  expect([damaged.code, damaged.out]).toEqual([1, ''])
  expect(damaged.err).toMatch(/vocab\.json failed.*SHA-256 is/)
  expect(readdirSync(folder)).not.toContain('j')
}, 20_000)

test('verify names the damaged file and both sums, and channels that lead nowhere', async () => {
  const models = join(folder, 'b')
  const gone = await publish(models, 1)
  const { version } = await publish(models, 2)
  expect((await on(models)('verify')).code).toBe(0)
  appendFileSync(join(models, 'app', version, 'vocab.json'), ' ')
  rmSync(join(models, 'app', gone.version), { recursive: true })
  const { code, out } = await logbert(['models', 'verify', '--models', models])
  expect(code).toBe(1)
  expect(out).toMatch(/DAMAGED.*vocab\.json failed.*SHA-256 is [0-9a-f]{64}.*says [0-9a-f]{64}/)
  expect(out).toMatch(/DAMAGED {2}app@previous {2}.*there is none, so this is no whole bundle/)
})

test('a model that is not there is answered with those that are', async () => {
  const models = join(folder, 'c')
  await publish(models)
  const { code, err } = await on(models)('inspect', 'other')
  expect(code).toBe(1)
  expect(err).toMatch(/model other@latest in .* failed: there are app@/)
})

test('wrong usage is answered with the right one, and exit code 2', async () => {
  for (const [words, said] of [
    [['promote'], 'logbert models promote NAME[@VERSION]'],
    [['export', 'app'], 'logbert models export NAME[@VERSION] DIR'],
    [['rollback', 'app', 'more'], 'logbert models rollback NAME'],
    [['remove', 'app'], 'say which version'],
    [['toString'], "there is no 'logbert models toString'; use list, inspect"],
    [['promote', '../x'], '1 to 64 letters'],
  ] as const) {
    const { code, err, out } = await on(join(folder, 'u'))(...words)
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(said)])
  }
}, 20_000)
