import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { cp, mkdir, readdir, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createKafkaProducer } from '../../src/bus/kafka/producer.ts'
import { clientOf } from '../bus/kafka-member.ts'
import { testFolder } from '../cli/folder.ts'
import { killAll, until } from '../serve/program.ts'
import { anyKafka, withoutKafka } from '../services/kafka/broker.ts'
import { type Cluster, createCluster } from './cluster.ts'

const root = resolve(import.meta.dir, '../..')
const reason = await withoutKafka()

/** This program with all packages but one. @returns its main file */
const programWithout = async (name: string, folder: string): Promise<string> => {
  const packages = join(folder, 'node_modules')
  await mkdir(packages, { recursive: true })
  for (const part of ['src', 'public', 'package.json']) {
    await cp(join(root, part), join(folder, part), { recursive: true })
  }
  for (const each of await readdir(join(root, 'node_modules'))) {
    if (each !== name) await symlink(join(root, 'node_modules', each), join(packages, each))
  }
  return join(folder, 'src/main.ts')
}

const name = `a machine without lz4-napi${reason === undefined ? '' : ` (${reason})`}`
describe.skipIf(reason !== undefined)(name, () => {
  const { path: folder } = testFolder()
  let server: Awaited<ReturnType<typeof anyKafka>>
  const clusters: Cluster[] = []
  let main: string
  beforeAll(async () => {
    server = await anyKafka()
    main = await programWithout('lz4-napi', join(folder, 'program'))
  }, 60_000)
  afterAll(async () => {
    killAll()
    for (const cluster of clusters) await cluster.close()
    await server.stop()
  }, 30_000)

  const cluster = async (env: Record<string, string> = {}): Promise<Cluster> => {
    const models = join(root, 'models')
    const made = await createCluster({
      ...{ brokers: server.brokers, folder, models, model: 'demo', main, env },
    })
    clusters.push(made)
    return made
  }
  const publish = async (to: Cluster, compression: 'lz4' | 'gzip'): Promise<void> => {
    const client = clientOf(server.brokers, { compression })
    const producer = createKafkaProducer(client)
    await producer.publish(to.topics.input, [{ value: 'a line' }])
    await producer.close()
    await client.close()
  }

  test('reads all else, and says of messages in LZ4 what to install', async () => {
    const one = await cluster()
    const worker = await one.start('worker')
    await publish(one, 'gzip')
    await until(async () => (await one.lag()) === 0, 50)
    expect(worker.said()).toBe('')
    await publish(one, 'lz4')
    const readiness = () => fetch(`${worker.url}/readyz`)
    await until(async () => (await readiness()).status === 503, 50)
    const { reason: why } = (await (await readiness()).json()).checks.pipeline
    expect(why).toMatch(/LZ4 .*lz4-napi.*bun add --optional lz4-napi/)
    expect(worker.said()).toContain(why)
  }, 60_000)

  test('that is told to write in LZ4 says so to who sends lines', async () => {
    const one = await cluster({ LOGBERT__KAFKA__COMPRESSION: 'lz4' })
    const node = await one.start('api')
    const answer = await fetch(`${node.url}/logs`, {
      ...{ method: 'POST', body: 'a line', headers: { 'content-type': 'text/plain' } },
    })
    expect(answer.status).toBe(503)
    expect((await answer.json()).detail).toMatch(/lz4-napi.*kafka\.compression/)
  }, 60_000)
})
