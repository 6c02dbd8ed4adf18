import { expect, test } from 'bun:test'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishBundle } from '../../src/core/store/bundle.ts'
import { folderStore } from '../../src/platform/files.ts'
import { testFolder } from './folder.ts'
import { logbert } from './spawn.ts'

const { path: folder } = testFolder()

const publish = (dir: string) =>
  publishBundle(folderStore(dir), {
    name: 'app',
    templates: {},
    vocab: {},
    calibration: {},
    training: { lines: 7 },
    config: {},
  })

test('models lists, inspects and verifies', async () => {
  const models = join(folder, 'a')
  const { version } = await publish(models)
  const run = (...args: string[]) => logbert(['models', ...args, '--models', models, '--json'])
  expect((await run('list')).records()).toEqual([{ name: 'app', version, latest: true }])
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
})

test('verify names the damaged file and both sums, with exit code 1', async () => {
  const models = join(folder, 'b')
  const { version } = await publish(models)
  appendFileSync(join(models, 'app', version, 'vocab.json'), ' ')
  const { code, out } = await logbert(['models', 'verify', '--models', models])
  expect(code).toBe(1)
  expect(out).toMatch(/DAMAGED.*vocab\.json failed.*SHA-256 is [0-9a-f]{64}.*says [0-9a-f]{64}/)
})

test('a model that is not there is answered with those that are', async () => {
  const models = join(folder, 'c')
  await publish(models)
  const { code, err } = await logbert(['models', 'inspect', 'other', '--models', models])
  expect(code).toBe(1)
  expect(err).toMatch(/model other@latest in .* failed: there are app@/)
})
