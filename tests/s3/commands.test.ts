import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { s3Store } from '../../src/s3/s3-store.ts'
import { testFolder } from '../cli/folder.ts'
import { logbert } from '../cli/spawn.ts'
import { normalLog, textOf } from '../serve/train-service.ts'
import { type S3Server, startS3, withoutS3 } from '../services/s3/server.ts'

const reason = await withoutS3()

describe.skipIf(reason !== undefined)(`commands on S3${reason ? `: ${reason}` : ''}`, () => {
  const { path: folder } = testFolder()
  let server: S3Server
  let bucket: string
  let env: Record<string, string>
  beforeAll(async () => {
    server = await startS3()
    bucket = await server.bucket()
    env = {
      ...server.env,
      LOGBERT__S3__ENDPOINT: server.options.endpoint,
      LOGBERT__S3__FORCEPATHSTYLE: 'true',
      XDG_CACHE_HOME: join(folder, 'cache'),
    }
  }, 30_000)
  afterAll(() => server?.stop())

  const run = async (...args: string[]) => {
    const done = await logbert(args, { cwd: folder, env })
    expect(done.code, done.err).toBe(0)
    return done
  }
  const put = (Key: string, Body: Uint8Array | string) =>
    server.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
  const half = (text: string) => text.indexOf('\n', text.length >> 1) + 1

  test('a model is trained from logs on S3 to S3, found, scored with, moved, copied and removed', async () => {
    const text = textOf(normalLog(4))
    await put('logs/shop-1.log.gz', Bun.gzipSync(text.slice(0, half(text))))
    await put('logs/shop-2.log', text.slice(half(text)))
    const models = ['--models', `s3://${bucket}/models`]
    const train = ['train', `s3://${bucket}/logs/shop-*.log*`, '--name', 'shop', '--epochs', '0']
    const first = (await run(...train, ...models, '--json')).records().at(-1)!
    const a = first.version as string
    expect(first).toMatchObject({ type: 'done', bundle: `s3://${bucket}/models/shop/${a}` })
    expect(first.training).toMatchObject({ lines: text.split('\n').length - 1 })

    // The same from a file of this machine; where models live is configured.
    writeFileSync(join(folder, 'shop.log'), text)
    env.LOGBERT__REGISTRY__URL = `s3://${bucket}/models`
    const local = ['train', 'shop.log', '--name', 'shop', '--epochs', '0', '--json']
    const b = (await run(...local)).records().at(-1)!.version as string
    expect((await run('models', '--json')).records()).toEqual([
      { name: 'shop', version: a, latest: false, channels: ['previous'] },
      { name: 'shop', version: b, latest: true, channels: ['latest'] },
    ])
    const verified = (await run('models', 'verify', '--json')).records()
    expect(verified.map(({ sound }) => sound)).toEqual([true, true])

    const score = ['score', `s3://${bucket}/logs/`, '--model', 'shop', '--all', '--json']
    const scored = await run(...score)
    expect(scored.records().length).toBeGreaterThan(20)
    expect(readdirSync(join(folder, 'cache/logbert/models/shop')).sort()).toContain(b)
    expect((await run(...score)).out).toBe(scored.out)

    await run('models', 'rollback', 'shop')
    const undo = await run('models', 'promote', `shop@${b}`, '--json')
    expect(undo.records()).toEqual([{ name: 'shop', version: b, channels: ['latest'] }])

    await run('models', 'export', `shop@${a}`, 'exported')
    await run('models', 'export', `shop@${a}`, `s3://${bucket}/exported`)
    expect((await run('models', 'inspect', `s3://${bucket}/exported`)).out).toContain(a)
    mkdirSync(join(folder, 'other'))
    const elsewhere = ['--models', 'other', '--json']
    await run('models', 'import', `s3://${bucket}/exported`, ...elsewhere)
    const imported = (await run('models', ...elsewhere)).records()
    expect(imported.map(({ version }) => version)).toEqual([a])

    const refused = await logbert(['models', 'remove', `shop@${a}`], { cwd: folder, env })
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('previous names it')])
    const c = (await run(...local)).records().at(-1)!.version as string
    await run('models', 'remove', `shop@${a}`)
    const left = await s3Store(`s3://${bucket}/models`, server.options).list('shop/')
    const versions = new Set(left.map(path => path.split('/')[1]))
    expect(versions).toEqual(new Set([b, c, 'latest', 'previous']))
  }, 120_000)

  test('what is wrong with S3 is said in one line, and nothing is left behind', async () => {
    const wrong = { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' }
    const fails = async (args: string[], given: Record<string, string> = env) => {
      const { code, err } = await logbert(args, { cwd: folder, env: given })
      expect(err.trim().split('\n').length).toBe(1)
      return [code, err] as const
    }
    const at = ['--models', `s3://${bucket}/m`]
    const [code, err] = await fails(['models', ...at], wrong)
    expect([code, err]).toEqual([2, expect.stringContaining('AWS_SECRET_ACCESS_KEY')])
    const away = { ...env, LOGBERT__S3__ENDPOINT: 'http://127.0.0.1:1' }
    expect((await fails(['models', ...at], away))[1]).toContain('nobody answers')
    const none = await fails(['train', `s3://${bucket}/nothing/*.log`, ...at])
    expect(none).toEqual([1, expect.stringContaining('there is no object whose key begins with')])
  }, 60_000)
})
