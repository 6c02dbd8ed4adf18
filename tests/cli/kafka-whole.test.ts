import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type Cluster, createCluster } from '../kafka/cluster.ts'
import { killAll, until } from '../serve/program.ts'
import { anyKafka, withoutKafka } from '../services/kafka/broker.ts'
import { testFolder } from './folder.ts'
import { cliPath, logbert } from './spawn.ts'

const reason = await withoutKafka()
const name = `from replay to tail${reason === undefined ? '' : ` (${reason})`}`

describe.skipIf(reason !== undefined)(name, () => {
  const { path: folder } = testFolder()
  let server: Awaited<ReturnType<typeof anyKafka>>
  let cluster: Cluster | undefined
  let tail: Bun.Subprocess<'ignore', 'pipe', 'pipe'> | undefined
  beforeAll(async () => {
    server = await anyKafka()
  }, 60_000)
  afterAll(async () => {
    tail?.kill('SIGKILL')
    killAll()
    await cluster?.close()
    await server.stop()
  }, 30_000)

  test('lines go in packs to a worker, and what it finds comes out', async () => {
    cluster = await createCluster({
      ...{ brokers: server.brokers, folder, models: join(import.meta.dir, '../../models') },
      model: 'demo',
      env: { LOGBERT__KAFKA__REPARTITION: 'true', LOGBERT__SESSION__QUIETSECONDS: '600000' },
    })
    const { topics } = cluster
    const address = `kafka://${server.brokers.join(',')}`
    const command = [process.execPath, cliPath, 'tail', '--from', `${address}/${topics.anomaly}`]
    tail = Bun.spawn([...command, '--json'], { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
    let out = ''
    const listening = (async () => {
      const decoder = new TextDecoder()
      for await (const chunk of tail.stdout) out += decoder.decode(chunk, { stream: true })
    })()
    await tail.stderr.getReader().read()
    await cluster.start('worker')
    const args = ['--simulate', '--duration', '4m', '--seed', '5', '--lines-per-message', '200']
    const { code } = await logbert(['replay', ...args, '--to', `${address}/${topics.input}`])
    expect(code).toBe(0)
    await until(async () => (await cluster!.lag()) === 0, 100)
    const published = async (): Promise<string[]> =>
      [...new Set((await cluster!.anomalies()).map(({ id }) => id))].toSorted()
    await until(async () => (await published()).length > 0, 200)
    const ids = (): string[] =>
      out
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line).id)
    await until(async () => `${ids().toSorted()}` === `${await published()}`, 200)
    expect(new Set(ids()).size).toBe(ids().length)
    tail.kill('SIGINT')
    expect(await tail.exited).toBe(0)
    await listening
  }, 120_000)
})
