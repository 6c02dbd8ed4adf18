import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createRegistry } from '../../src/core/store/registry.ts'
import type { StoredAnomaly } from '../../src/db/database.ts'
import { folderStore } from '../../src/platform/files.ts'
import { localEngine } from '../../src/serve/local-engine.ts'
import { testFolder } from '../cli/folder.ts'
import { learnBundle, simulatedLogs } from '../pipeline/simulated.ts'
import { client } from '../serve/client.ts'
import { killAll, until } from '../serve/program.ts'
import { shopLogs } from '../serve/shop-logs.ts'
import { publishVersion } from '../serve/versions.ts'
import { anyKafka, withoutKafka } from '../services/kafka/broker.ts'
import { type Cluster, createCluster } from './cluster.ts'

const reason = await withoutKafka()
/** Simulated lines are of the hours before now, ms. */
const HOURS = 6 * 3_600_000
const name = `nodes that serve people${reason === undefined ? '' : ` (${reason})`}`
describe.skipIf(reason !== undefined)(name, () => {
  const { path: folder } = testFolder()
  const models = join(folder, 'models')
  let server: Awaited<ReturnType<typeof anyKafka>>
  let cluster: Cluster
  beforeAll(async () => {
    server = await anyKafka()
    const bundle = await learnBundle(localEngine(), simulatedLogs().before)
    await publishVersion(createRegistry(folderStore(models)), bundle)
  }, 120_000)
  afterAll(async () => {
    killAll()
    await cluster?.close()
    await server.stop()
  }, 30_000)

  test('show the same, whatever is decided at which of them, and workers learn from it', async () => {
    cluster = await createCluster({
      ...{ brokers: server.brokers, folder, models, model: 'shop' },
      env: {
        LOGBERT__KAFKA__REPARTITION: 'true',
        LOGBERT__SESSION__QUIETSECONDS: '600000',
        LOGBERT__DETECT__DRIFT: 'false',
        LOGBERT__INCIDENTS__GAPSECONDS: '86400',
      },
    })
    const worker = await cluster.start('worker')
    const [one, two] = [await cluster.start('api'), await cluster.start('api')]
    const [a, b] = [client(one!.url), client(two!.url)]
    const anomalies = async (of = a): Promise<StoredAnomaly[]> =>
      (await of.json('/anomalies?limit=1000')).items
    let sent = 0
    const send = async (times: number, begun: number): Promise<void> => {
      const lines = shopLogs(times, begun)
      await a.send(lines)
      sent += lines.length
      await until(async () => {
        const text = await (await fetch(`${worker.url}/metrics`)).text()
        return text.includes(`\nlogbert_pipeline_lines_total ${sent}\n`)
      }, 50)
    }
    const same = async (): Promise<StoredAnomaly[]> => {
      const state = async (of: typeof a) => {
        const { items } = await of.json('/incidents?limit=1000')
        return JSON.stringify([await anomalies(of), items])
      }
      await until(async () => (await state(a)) === (await state(b)), 50)
      return anomalies()
    }
    const begun = Date.now() - HOURS
    await send(0, begun)
    await until(async () => (await anomalies()).length > 0, 50)
    const found = await same()
    const odd = found.find(({ kind }) => kind === 'missing ending')!
    const other = found.find(({ kind }) => kind === 'new template')!

    // What is normal at one node is so at the other, and for what comes.
    const said = await a.post(`/anomalies/${odd.id}/feedback`, { verdict: 'normal' })
    expect(said.status).toBe(201)
    await until(async () => (await b.json(`/anomalies/${odd.id}`)).state === 'normal', 50)
    const rule = { source: other.source, reason: 'rebuilt' }
    const made = await b.post('/suppressions', rule)
    expect(made.status).toBe(201)
    const { id, hidden } = await made.json()
    expect(hidden).toBeGreaterThan(0)
    await until(async () => (await a.get(`/suppressions/${id}`)).ok, 50)
    await same()
    await send(1, begun)
    await until(
      async () =>
        (await anomalies()).some(({ state, id: its }) => {
          return state === 'suppressed' && !found.some(each => each.id === its)
        }),
      50,
    )
    const second = (await same()).filter(each => !found.some(old => old.id === each.id))
    expect(second.map(({ session }) => session)).not.toContain(odd.session)
    expect((await a.json(`/suppressions/${id}`)).hidden).toBeGreaterThan(hidden)

    // The same twice at once is a conflict for one of them, and one outcome for all.
    const [incident] = (await a.json('/incidents')).items
    const change = { state: 'resolved', note: 'restarted auth' }
    const answers = await Promise.all(
      [a, b].map(of => of.patch(`/incidents/${incident.id}`, change)),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    await same()
    expect((await b.json(`/incidents/${incident.id}`)).incident.note).toBe('restarted auth')

    // What is said of a report at one node is known at the other.
    const report = await (await a.post('/rca', { incident: incident.id })).json()
    await until(async () => (await b.get(`/rca/${report.id}`)).ok, 50)
    const verdict = { helpful: false, trueCause: { kind: 'component', name: 'the card reader' } }
    expect((await b.post(`/rca/${report.id}/feedback`, verdict)).status).toBe(201)
    await until(async () => (await a.json(`/rca/${report.id}`)).feedback !== undefined, 50)
    expect((await a.json(`/rca/${report.id}`)).feedback).toMatchObject(verdict)

    // A node that was not there shows it all.
    const late = client((await cluster.start('api')).url)
    const whole = JSON.stringify(await same())
    await until(async () => JSON.stringify(await anomalies(late)) === whole, 50)
    expect(await late.json('/incidents')).toEqual(await a.json('/incidents'))
    await until(async () => {
      const known = await late.get(`/rca/${report.id}`)
      return known.ok && (await known.json()).feedback !== undefined
    }, 50)
    // A worker says what it is.
    const answer = await fetch(`${worker.url}/anomalies`)
    expect([answer.status, (await answer.json()).detail]).toEqual([
      404,
      'there is no GET /anomalies here: this is a worker; ask an API node',
    ])

    // Lines that the brokers keep can be learned from.
    const asked = await a.post('/train', {
      bus: { from: begun, to: Date.now() },
      epochs: 0,
      promote: 'manual',
      name: 'again',
    })
    expect(asked.status).toBe(202)
    const job = await asked.json()
    await until(
      async () => ['done', 'failed'].includes((await a.json(`/train/${job.id}`)).state),
      100,
    )
    expect(await a.json(`/train/${job.id}`)).toMatchObject({ state: 'done' })
  }, 90_000)
})
