import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { createRegistry } from '../../src/core/store/registry.ts'
import { s3Store } from '../../src/s3/s3-store.ts'
import { testFolder } from '../cli/folder.ts'
import { killAll, type Program, startProgram, until } from '../serve/program.ts'
import { normalLog, textOf } from '../serve/train-service.ts'
import { draftOf } from '../serve/versions.ts'
import { type S3Server, startS3, withoutOwnS3 } from '../services/s3/server.ts'

const reason = await withoutOwnS3()

describe.skipIf(reason !== undefined)(`the program on S3${reason ? `: ${reason}` : ''}`, () => {
  const { path: folder } = testFolder()
  let server: S3Server
  let Bucket: string
  beforeAll(async () => {
    server = await startS3()
    Bucket = await server.bucket()
  }, 30_000)
  afterEach(killAll)
  afterAll(() => server?.stop())

  const start = () =>
    startProgram({
      data: join(folder, 'data'),
      models: `s3://${Bucket}/models`,
      env: {
        ...server.env,
        LOGBERT__S3__ENDPOINT: server.options.endpoint,
        LOGBERT__S3__FORCEPATHSTYLE: 'true',
        LOGBERT__REGISTRY__POLLSECONDS: '0.2',
        LOGBERT__MODEL__NAME: 'shop',
      },
    })
  const ask = async (program: Program, path: string, body?: unknown) => {
    const answer = await fetch(`${program.url}${path}`, {
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const served = async (program: Program): Promise<string | undefined> => {
    const metrics = await (await fetch(`${program.url}/metrics`)).text()
    return /logbert_model_info\{[^}]*version="([^"]+)"/.exec(metrics)?.[1]
  }
  const infer = (program: Program) =>
    ask(program, '/infer_batch', { logs: textOf(normalLog(0.2)).trim().split('\n') })

  test('trains from a bucket, serves from it, follows what others promote, and outlasts its absence', async () => {
    await server.client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'logs/shop.log.gz',
        Body: Bun.gzipSync(textOf(normalLog(4))),
      }),
    )
    let program = await start()
    const file = `s3://${Bucket}/logs/*.log.gz`
    const { status, body } = await ask(program, '/train', { file, epochs: 0 })
    expect(status).toBe(202)
    const job = async () => (await ask(program, `/train/${body.id}`)).body
    await until(async () => !['waiting', 'running'].includes(`${(await job()).state}`))
    expect(await job()).toMatchObject({ state: 'done', result: { promoted: true } })
    const a = ((await job()).result as { version: string }).version
    await until(async () => (await served(program)) === a)

    // Somebody on another machine.
    const other = createRegistry(s3Store(`s3://${Bucket}/models`, server.options))
    const bundle = await other.load('shop')
    const publish = (hours: number) => other.publish(draftOf(bundle, hours))
    const [b, c] = [await publish(1), await publish(2)]
    await other.promote('shop', b.version)
    await until(async () => (await served(program)) === b.version)

    await server.kill()
    const refused = await ask(program, `/models/${c.version}/promote`, {})
    expect(refused.status).toBe(503)
    expect(refused.body.detail).toContain('nobody answers')
    expect((await infer(program)).body).toMatchObject({ model: { version: b.version } })
    program.child.kill('SIGKILL')
    await program.child.exited
    program = await start()
    await until(async () => (await served(program)) === b.version)
    expect((await infer(program)).body).toMatchObject({ model: { version: b.version } })
    expect(program.said()).toContain('nobody answers')

    await server.start()
    expect((await ask(program, `/models/${c.version}/promote`, {})).status).toBe(200)
    await until(async () => (await served(program)) === c.version)
    await other.rollback('shop')
    await until(async () => (await served(program)) === b.version)
    program.child.kill('SIGTERM')
    expect(await program.child.exited).toBe(0)
  }, 120_000)
})
