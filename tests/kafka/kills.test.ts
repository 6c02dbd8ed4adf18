import { afterAll, describe, expect, test } from 'bun:test'
import { testFolder } from '../cli/folder.ts'
import { withoutData } from '../data.ts'
import { killAll, type Program, until } from '../serve/program.ts'
import { anyKafka, withoutKafka } from '../services/kafka/broker.ts'
import { createCluster } from './cluster.ts'
import { hdfsModel, hdfsRecords } from './hdfs.ts'

const reason = (await withoutKafka()) ?? withoutData('hdfs_2pct')
const LINES = 200_000
const KILLS = 20
const WORKERS = 3
/** Silence by the clock would end sessions in one run and not in the other. */
const env = { LOGBERT__SESSION__QUIETSECONDS: '600000', LOGBERT__SESSION__IDLESECONDS: '1800' }

describe.skipIf(reason !== undefined)(`workers of a group${reason ? ` (${reason})` : ''}`, () => {
  const { path: folder } = testFolder()
  afterAll(killAll)

  test(`killed ${KILLS} times at any moment, they lose nothing and double nothing`, async () => {
    const server = await anyKafka()
    const models = await hdfsModel(folder, 60_000)
    const records = await hdfsRecords(0, LINES)
    const place = { brokers: server.brokers, folder, models, model: 'hdfs', env }
    const one = await createCluster(place)

    let workers: Program[] = []
    const start = async (): Promise<void> => {
      workers.push(await one.start('worker'))
    }
    await Promise.all(Array.from({ length: WORKERS }, start))
    const node = await one.start('api')
    const part = Math.ceil(records.length / KILLS)
    for (let kill = 0; kill < KILLS; kill++) {
      const sent = one.producer.publish(
        one.topics.input,
        records.slice(kill * part, (kill + 1) * part),
      )
      await Bun.sleep(1500 * Math.random())
      const victim = workers[Math.floor(Math.random() * workers.length)]!
      victim.child.kill('SIGKILL')
      workers = workers.filter(each => each !== victim)
      await Promise.all([sent, start()])
    }
    await until(async () => (await one.lag()) === 0, 200)
    const found = await one.anomalies()
    for (const { child } of workers) child.kill('SIGTERM')

    // The same lines, with nobody in the way.
    const other = await createCluster({ ...place, input: one.topics.input })
    const quiet = await other.start('worker')
    await until(async () => (await other.lag()) === 0, 200)
    const truth = new Set((await other.anomalies()).map(({ id }) => id))
    expect(truth.size).toBeGreaterThan(50)
    expect([...new Set(found.map(({ id }) => id))].sort()).toEqual([...truth].sort())

    // A node shows each of them once.
    const shown = async (): Promise<string[]> => {
      const ids: string[] = []
      let cursor = ''
      do {
        const page = await (await fetch(`${node.url}/anomalies?limit=1000${cursor}`)).json()
        ids.push(...page.items.map(({ id }: { id: string }) => id))
        cursor = page.next === null ? '' : `&cursor=${encodeURIComponent(page.next)}`
      } while (cursor !== '')
      return ids
    }
    await until(async () => (await shown()).length === truth.size, 100)
    expect((await shown()).sort()).toEqual([...truth].sort())
    quiet.child.kill('SIGTERM')
    node.child.kill('SIGTERM')
    await one.close()
    await other.close()
    await server.stop()
  }, 600_000)
})
