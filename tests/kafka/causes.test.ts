import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createRegistry } from '../../src/core/store/registry.ts'
import type { LogLine } from '../../src/core/types.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { metricOf, type SeenEvent, watchEvents } from '../bench/service/watch.ts'
import { testFolder } from '../cli/folder.ts'
import { chatServer } from '../llm/chat-server.ts'
import { answer } from '../llm/given.ts'
import { learnBundle } from '../pipeline/simulated.ts'
import { faultySystem } from '../rca/faulty-system.ts'
import { type Client, client } from '../serve/client.ts'
import { killAll, type Program, until } from '../serve/program.ts'
import { publishVersion } from '../serve/versions.ts'
import { anyKafka, withoutKafka } from '../services/kafka/broker.ts'
import { type Cluster, createCluster } from './cluster.ts'

const reason = await withoutKafka()
const HOUR = 3_600_000
const { normal, faulty, service } = faultySystem()
/** The same trouble so many hours later. */
const later = (hours: number): LogLine[] =>
  faulty.map(({ text, arrived, ...line }) => {
    const { timestamp, ...record } = JSON.parse(text)
    const at = new Date(Date.parse(timestamp) + hours * HOUR).toISOString()
    const shifted = JSON.stringify({ timestamp: at, ...record })
    return { ...line, text: shifted, arrived: arrived + hours * HOUR }
  })
const name = `root causes of several nodes${reason === undefined ? '' : ` (${reason})`}`
describe.skipIf(reason !== undefined)(name, () => {
  const { path: folder } = testFolder()
  const models = join(folder, 'models')
  const model = chatServer(() => answer(['This is what it shows.', ['L1']]))
  let server: Awaited<ReturnType<typeof anyKafka>>
  let cluster: Cluster
  let worker: Program
  let sent = 0
  const nodes: { a: Client; b: Client; urls: string[] } = { urls: [] } as never
  beforeAll(async () => {
    server = await anyKafka()
    const bundle = await learnBundle(localEngine(), normal)
    await publishVersion(createRegistry(folderStore(models)), bundle)
    cluster = await createCluster({
      ...{ brokers: server.brokers, folder, models, model: 'shop' },
      env: {
        LOGBERT__KAFKA__REPARTITION: 'true',
        LOGBERT__SESSION__QUIETSECONDS: '600000',
        LOGBERT__DETECT__DRIFT: 'false',
        LOGBERT__RCA__AUTO: 'off',
      },
    })
    worker = await cluster.start('worker')
    const words = { LOGBERT__RCA__LLM__MODEL: 'm', LOGBERT__RCA__LLM__ENDPOINTURL: model.url }
    nodes.urls = [(await cluster.start('api', words)).url, (await cluster.start('api')).url]
    const [a, b] = nodes.urls.map(client)
    Object.assign(nodes, { a, b })
  }, 120_000)
  afterAll(async () => {
    killAll()
    await model.stop()
    await cluster?.close()
    await server.stop()
  }, 30_000)

  /** Sends the trouble as of so many hours later; gives the new incident with most anomalies. */
  const incidentOf = async (hours: number, known: readonly string[] = []): Promise<string> => {
    const lines = later(hours)
    for (let i = 0; i < lines.length; i += 5000) await nodes.a.send(lines.slice(i, i + 5000))
    sent += lines.length
    await until(async () => {
      return (await metricOf(worker.url, 'logbert_pipeline_lines_total')) === sent
    }, 50)
    const found = new Set((await cluster.anomalies()).map(({ id }) => id)).size
    const shown = async (of: Client): Promise<number> =>
      (await of.json('/anomalies?limit=1000')).items.length
    for (const of of [nodes.a, nodes.b]) await until(async () => (await shown(of)) === found, 50)
    const { items } = await nodes.a.json<{ items: { id: string; anomalies: number }[] }>(
      '/incidents',
    )
    const fresh = items.filter(({ id }) => !known.includes(id))
    return fresh.sort((x, y) => y.anomalies - x.anomalies)[0]!.id
  }

  test('what one node finds out, puts in words and is told by people is known at the other', async () => {
    const { a, b, urls } = nodes
    const heard: SeenEvent[] = []
    const stop = await watchEvents(`${urls[1]}/events?types=rca,rca-text`, event =>
      heard.push(event),
    )
    const first = await incidentOf(0)
    // Words at one node, which has a language model, are words at the other, which has none.
    const worded = await (await a.post('/rca', { incident: first })).json()
    expect(worded.report.suspects[0].name).toBe(service)
    expect(worded.report.narrative).toMatchObject({ text: 'This is what it shows.', model: 'm' })
    await until(async () => {
      const { report } = await (await b.get(`/rca/${worded.id}`)).json()
      return report?.narrative !== undefined
    }, 50)
    const there = await b.json(`/rca/${worded.id}`)
    expect(there.report).toEqual(worded.report)
    const told = () =>
      heard.map(({ data }) => JSON.parse(data)).filter(({ id }) => id === worded.id)
    await until(() => told().length >= 2)
    expect(told().map(({ report }) => report?.narrative?.text)).toEqual([
      undefined,
      'This is what it shows.',
    ])
    stop()

    // What is written at one node is in `similar` at the other.
    const note = 'the card reader had no power'
    const change = { state: 'resolved', note }
    expect((await a.patch(`/incidents/${first}`, change)).status).toBe(200)
    const said = { helpful: false, trueCause: 'the plug', note: 'look below the desk' }
    expect((await a.post(`/rca/${worded.id}/feedback`, said)).status).toBe(201)
    await until(async () => (await b.json(`/rca/${worded.id}`)).feedback !== undefined, 50)
    const second = await incidentOf(40, [first])
    const made = await (await b.post('/rca', { incident: second })).json()
    expect(made.report.similar[0]).toMatchObject({
      ...{ incident: first, report: worded.id, state: 'resolved', note },
      ...{ cause: 'the plug', suspect: 'the plug', helpful: false, feedback: said.note },
    })
    // As it is now, also in a report that was made before, and at the node that did not make it.
    await until(async () => (await a.get(`/rca/${made.id}`)).ok, 50)
    const again = { ...said, note: 'look behind the desk' }
    expect((await b.post(`/rca/${worded.id}/feedback`, again)).status).toBe(201)
    await until(async () => {
      const { report } = await a.json(`/rca/${made.id}`)
      return report.similar[0].feedback === again.note
    }, 50)
    expect((await a.json(`/rca/${made.id}`)).report).toEqual(
      (await b.json(`/rca/${made.id}`)).report,
    )
  }, 120_000)
})
