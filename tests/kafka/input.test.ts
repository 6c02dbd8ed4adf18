import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createRegistry } from '../../src/core/store/registry.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { metricOf } from '../bench/service/watch.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { killAll, until } from '../serve/program.ts'
import { shopLogs } from '../serve/shop-logs.ts'
import { publishVersion } from '../serve/versions.ts'
import { anyKafka, withoutKafka } from '../services/kafka/broker.ts'
import { type Cluster, createCluster } from './cluster.ts'

const reason = await withoutKafka()
const name = `lines as others write them${reason === undefined ? '' : ` (${reason})`}`
describe.skipIf(reason !== undefined)(name, () => {
  const { path: folder } = testFolder()
  const models = join(folder, 'models')
  let server: Awaited<ReturnType<typeof anyKafka>>
  const clusters: Cluster[] = []
  beforeAll(async () => {
    server = await anyKafka()
    const bundle = await learnBundle(localEngine(), simulatedLogs().before)
    await publishVersion(createRegistry(folderStore(models)), bundle)
  }, 120_000)
  afterAll(async () => {
    killAll()
    for (const cluster of clusters) await cluster.close()
    await server.stop()
  }, 30_000)

  const cluster = async (env: Record<string, string> = {}): Promise<Cluster> => {
    const made = await createCluster({
      ...{ brokers: server.brokers, folder, models, model: 'shop', env },
    })
    clusters.push(made)
    return made
  }

  test('lines that are too long are cut, counted and said, before anything reads them', async () => {
    const one = await cluster({ LOGBERT__INPUT__MAXLINE: '200' })
    const worker = await one.start('worker')
    const lines = shopLogs(0)
    const long = `${lines[5]!.text} ${'x'.repeat(5000)}`
    const records = lines.map(({ text, source }, i) => ({
      ...{ key: 'all', headers: { source } },
      value: i === 5 ? `${long}\nshort\n${long}` : text,
    }))
    await one.producer.publish(one.topics.input, records)
    await until(async () => {
      const read = await metricOf(worker.url, 'logbert_pipeline_lines_total')
      return read === lines.length + 2
    }, 50)
    expect(await metricOf(worker.url, 'logbert_cut_lines_total')).toBe(2)
    expect(await metricOf(worker.url, 'logbert_pipeline_cut_lines_total')).toBe(0)
    await until(() => worker.said().includes('input.maxLine'), 50)
    expect(worker.said()).toContain(
      `2 lines of ${one.topics.input} were longer than 200 characters`,
    )
    await until(async () => (await one.anomalies()).length > 0, 50)
    for (const { lines: shown } of await one.anomalies()) {
      for (const { text } of shown) expect(text.length).toBeLessThanOrEqual(200)
    }
  }, 60_000)

  test('sessions that cross sources, in lines that nothing keeps together, are warned of once', async () => {
    const send = async (key: (source: string) => string | null, env = {}) => {
      const one = await cluster(env)
      const worker = await one.start('worker')
      const lines = shopLogs(0)
      const records = lines.map(({ text, source }) => ({
        ...{ key: key(source), headers: { source }, value: text },
      }))
      await one.producer.publish(one.topics.input, records)
      await until(async () => {
        return (await metricOf(worker.url, 'logbert_pipeline_lines_total')) === lines.length
      }, 50)
      await until(async () => (await one.anomalies()).length > 0, 50)
      const count = await metricOf(worker.url, 'logbert_kafka_torn_sessions_total')
      const said = worker
        .said()
        .split('\n')
        .filter(line => line.includes('kafka.repartition'))
      return { count, said }
    }
    for (const key of [(source: string) => source, () => null]) {
      const { count, said } = await send(key)
      expect(count).toBeGreaterThan(0)
      expect(said).toHaveLength(1)
      expect(said[0]).toContain('set kafka.repartition to true')
    }
    // All in one partition, by a key that is not the source.
    expect(await send(() => 'all')).toEqual({ count: 0, said: [] })
    const sorted = { LOGBERT__KAFKA__REPARTITION: 'true' }
    expect(await send(source => source, sorted)).toEqual({ count: 0, said: [] })
    expect(await send(() => null, { LOGBERT__KAFKA__PARTITIONS: '1' })).toEqual({
      ...{ count: 0, said: [] },
    })
  }, 120_000)
})
