import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { metricOf } from '../bench/service/watch.ts'
import { testFolder } from '../cli/folder.ts'
import { withoutData } from '../data.ts'
import { killAll, type Program, until } from '../serve/program.ts'
import { type KafkaServer, startKafka, withoutOwnKafka } from '../services/kafka/broker.ts'
import { type Cluster, createCluster } from './cluster.ts'
import { hdfsModel, hdfsRecords } from './hdfs.ts'

const reason = (await withoutOwnKafka()) ?? withoutData('hdfs_2pct')
const LINES = 200_000
const KILLS = 20
const WORKERS = 3
/** Silence by the clock would end sessions in one run and not in the other. */
const env = { LOGBERT__SESSION__QUIETSECONDS: '600000', LOGBERT__SESSION__IDLESECONDS: '1800' }

const name = `workers of a group${reason === undefined ? '' : ` (${reason})`}`
describe.skipIf(reason !== undefined)(name, () => {
  const { path: folder } = testFolder()
  let server: KafkaServer
  let models: string
  const clusters: Cluster[] = []
  beforeAll(async () => {
    server = await startKafka()
    models = await hdfsModel(folder, 60_000)
  }, 120_000)
  afterAll(async () => {
    killAll()
    for (const cluster of clusters) await cluster.close()
    await server.stop()
  }, 30_000)

  const cluster = async (input?: string, more: Record<string, string> = {}): Promise<Cluster> => {
    const all = { ...env, ...more }
    const place = { brokers: server.brokers, folder, models, model: 'hdfs', env: all }
    const made = await createCluster({ ...place, ...(input !== undefined && { input }) })
    clusters.push(made)
    return made
  }
  const done = (of: Cluster): Promise<void> =>
    until(async () => (await of.lag().catch(() => 1)) === 0, 200)
  const idsOf = async (of: Cluster): Promise<string[]> =>
    [...new Set((await of.anomalies()).map(({ id }) => id))].sort()
  /** What one worker finds in the same lines with nobody in its way. */
  const truthOf = async (of: Cluster, more: Record<string, string> = {}): Promise<string[]> => {
    const other = await cluster(of.topics.input, more)
    const quiet = await other.start('worker')
    await done(other)
    quiet.child.kill('SIGTERM')
    await quiet.child.exited
    return idsOf(other)
  }
  /** All that a node shows, each as often as it shows it. */
  const shownBy = async ({ url }: Program): Promise<string[]> => {
    const ids: string[] = []
    let cursor = ''
    do {
      const page = await (await fetch(`${url}/anomalies?limit=1000${cursor}`)).json()
      ids.push(...page.items.map(({ id }: { id: string }) => id))
      cursor = page.next === null ? '' : `&cursor=${encodeURIComponent(page.next)}`
    } while (cursor !== '')
    return ids.sort()
  }
  const endAll = async (programs: readonly Program[]): Promise<void> => {
    for (const { child } of programs) child.kill('SIGTERM')
    for (const { child } of programs) expect(await child.exited).toBe(0)
  }

  test(`killed ${KILLS} times at any moment, they lose nothing and double nothing`, async () => {
    const one = await cluster()
    const records = await hdfsRecords(0, LINES)
    const start = (): Promise<Program> => one.start('worker')
    let workers = await Promise.all(Array.from({ length: WORKERS }, start))
    const nodes = [await one.start('api')]
    const part = Math.ceil(records.length / KILLS)
    for (let kill = 0; kill < KILLS; kill++) {
      const some = records.slice(kill * part, (kill + 1) * part)
      const sent = one.producer.publish(one.topics.input, some)
      await Bun.sleep(1500 * Math.random())
      const victim = workers[Math.floor(Math.random() * workers.length)]!
      victim.child.kill('SIGKILL')
      await sent
      workers = [...workers.filter(each => each !== victim), await start()]
    }
    await done(one)
    await endAll(workers)
    const truth = await truthOf(one)
    expect(truth.length).toBeGreaterThan(100)
    expect(await idsOf(one)).toEqual(truth)
    // A node that comes late shows the same as one that saw it all, each of them once.
    nodes.push(await one.start('api'))
    for (const node of nodes) {
      await until(async () => (await shownBy(node)).length >= truth.length, 100)
      expect(await shownBy(node)).toEqual(truth)
    }
    const [first, late] = await Promise.all(
      nodes.map(async ({ url }) => (await fetch(`${url}/incidents?limit=1000`)).json()),
    )
    expect(late).toEqual(first)
    await endAll(nodes)
  }, 600_000)

  test('one that is added and one that leaves in mid-stream change nothing', async () => {
    const one = await cluster()
    const records = await hdfsRecords(0, 60_000)
    const publish = (from: number, to: number) =>
      one.producer.publish(one.topics.input, records.slice(from, to))
    const first = await one.start('worker')
    await publish(0, 20_000)
    const second = await one.start('worker')
    const third = await one.start('worker')
    await publish(20_000, 40_000)
    first.child.kill('SIGTERM')
    await publish(40_000, 60_000)
    await done(one)
    expect(await first.child.exited).toBe(0)
    await endAll([second, third])
    const truth = await truthOf(one)
    expect(truth.length).toBeGreaterThan(10)
    expect(await idsOf(one)).toEqual(truth)
  }, 120_000)

  test('lines of a session in any partition are sorted first, whoever is killed meanwhile', async () => {
    const sorting = { LOGBERT__KAFKA__REPARTITION: 'true' }
    const one = await cluster(undefined, sorting)
    const keyed = await cluster()
    const begun = Date.now()
    const records = (await hdfsRecords(0, 60_000)).map((record, i) => ({
      ...{ ...record, timestamp: begun + i },
    }))
    await keyed.producer.publish(keyed.topics.input, records)
    const spread = records.map((record, i) => ({ ...record, key: null, partition: i % 6 }))
    let workers = [await one.start('worker'), await one.start('worker')]
    for (let part = 0; part < 6; part++) {
      const some = spread.slice(part * 10_000, (part + 1) * 10_000)
      const sent = one.producer.publish(one.topics.input, some)
      await Bun.sleep(1500 * Math.random())
      const victim = workers[part % 2]!
      victim.child.kill('SIGKILL')
      await sent
      workers = [...workers.filter(each => each !== victim), await one.start('worker')]
    }
    const read = async (programs: readonly Program[]): Promise<number> => {
      const counts = programs.map(({ url }) => metricOf(url, 'logbert_pipeline_lines_total'))
      return (await Promise.all(counts)).reduce((sum, each) => sum + each, 0)
    }
    await until(async () => (await read(workers)) >= records.length, 200)
    // The same lines, sorted by one with nobody in its way.
    const other = await cluster(one.topics.input, sorting)
    const quiet = await other.start('worker')
    await until(async () => (await read([quiet])) >= records.length, 200)
    const truth = await idsOf(other)
    expect(truth.length).toBeGreaterThan(1000)
    expect(await idsOf(one)).toEqual(truth)
    // As producers that keep sessions together have it, but for the clocks of other partitions.
    const single = await keyed.start('worker')
    await done(keyed)
    const sessions = async (of: Cluster) => new Set((await of.anomalies()).map(a => a.session))
    const [sorted, together] = [await sessions(one), await sessions(keyed)]
    const common = sorted.intersection(together).size
    expect(common).toBeGreaterThan(0.97 * sorted.union(together).size)
    await endAll([...workers, quiet, single])
  }, 240_000)

  test('messages that cannot be read are set aside, and those around them are judged', async () => {
    const one = await cluster()
    const clean = await cluster()
    const records = await hdfsRecords(0, 40_000)
    await clean.producer.publish(clean.topics.input, records)
    await one.producer.publish(one.topics.input, records.slice(0, 20_000))
    const bad = Array.from({ length: 6 }, (_, partition) => [
      { partition, value: Buffer.from([0x7b, 0xff, 0xfe]), key: `no text ${partition}` },
      { partition, value: '{"logs": [17]}', headers: { shipper: 'a' } },
      { partition, value: null, key: `nothing ${partition}` },
    ]).flat()
    await one.producer.publish(one.topics.input, bad)
    await one.producer.publish(one.topics.input, records.slice(20_000))
    const worker = await one.start('worker')
    await done(one)
    const dead = await one.all(one.topics.dlq)
    expect(dead).toHaveLength(bad.length)
    const keys = bad.map(({ key = '' }) => key)
    expect(dead.map(({ key }) => key).sort()).toEqual(keys.sort())
    expect(await (await fetch(`${worker.url}/metrics`)).text()).toContain(
      `logbert_dead_letters_total ${bad.length}`,
    )
    const other = await clean.start('worker')
    await done(clean)
    const sessions = async (of: Cluster): Promise<string[]> =>
      (await of.anomalies()).map(({ session, kind, score }) => `${session} ${kind} ${score}`).sort()
    expect((await sessions(one)).length).toBeGreaterThan(5)
    expect(await sessions(one)).toEqual(await sessions(clean))
    await endAll([worker, other])
  }, 120_000)

  test('a broker that is away for 20 s in mid-stream costs nothing', async () => {
    const one = await cluster()
    const records = await hdfsRecords(0, 80_000)
    const workers = [await one.start('worker'), await one.start('worker')]
    const node = await one.start('api')
    await one.producer.publish(one.topics.input, records.slice(0, 40_000))
    await server.nodes[0]!.kill()
    await until(async () => !(await fetch(`${workers[0]!.url}/readyz`)).ok, 100)
    await Bun.sleep(20_000)
    await server.nodes[0]!.start()
    await one.producer.publish(one.topics.input, records.slice(40_000))
    await done(one)
    const truth = await truthOf(one)
    expect(truth.length).toBeGreaterThan(20)
    expect(await idsOf(one)).toEqual(truth)
    await until(async () => (await shownBy(node)).length >= truth.length, 100)
    expect(await shownBy(node)).toEqual(truth)
    expect((await fetch(`${workers[0]!.url}/readyz`)).ok).toBe(true)
    await endAll([...workers, node])
  }, 180_000)
})
