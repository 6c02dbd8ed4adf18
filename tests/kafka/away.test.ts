import { afterAll, expect, test } from 'bun:test'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createKafkaClient } from '../../src/bus/kafka/client.ts'
import { createKafkaProducer } from '../../src/bus/kafka/producer.ts'
import { createRangeReader } from '../../src/bus/kafka/range-reader.ts'
import { ensureTopics } from '../../src/bus/kafka/topics.ts'
import { parseConfig } from '../../src/config.ts'
import { readRaw } from '../../src/serve/kafka/raw.ts'
import { testFolder } from '../cli/folder.ts'
import { logbert } from '../cli/spawn.ts'
import { client } from '../serve/client.ts'
import { killAll, startProgram } from '../serve/program.ts'

/** Where nobody listens. */
const nowhere = async (): Promise<string> => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return `127.0.0.1:${port}`
}

const { path: folder } = testFolder()
afterAll(killAll)

test('whatever is asked of brokers that are away says that they are, as a code for scripts', async () => {
  const { kafka } = parseConfig({ env: { LOGBERT__KAFKA__BROKERS: await nowhere() } })
  const way = createKafkaClient(kafka)
  const reader = createRangeReader(way, 'topic', readRaw)
  const producer = createKafkaProducer(way, { patienceMs: 100 })
  const work = [
    ensureTopics(way, [{ name: 'topic', partitions: 1 }]),
    producer.publish('topic', [{ value: 'x' }]),
    (async () => {
      for await (const _ of reader.read(0, 0, 1)) throw new Error('it read something')
    })(),
  ]
  const codes = work.map(each => each.catch(({ code, message }) => `${code}: ${message}`))
  for (const said of await Promise.all(codes)) {
    expect(said).toMatch(/^AWAY: .*cannot be reached or does not answer/)
  }
  await reader.close()
  await producer.close()
  await way.close()
}, 90_000)

test('a node whose brokers are away answers 503, says when to come again, and counts the lines', async () => {
  const { url } = await startProgram({
    ...{ data: join(folder, 'data'), models: join(folder, 'models') },
    env: {
      LOGBERT__BUS__DRIVER: 'kafka',
      LOGBERT__KAFKA__BROKERS: await nowhere(),
      LOGBERT__ROLE: 'api',
    },
  })
  const it = client(url)
  const answer = await it.post('/logs', { logs: ['a', 'b'] })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
  const { title, detail } = await answer.json()
  expect(title).toBe('The bus is away')
  expect(detail).toMatch(/cannot be reached .* send all 2 lines again/)
  expect(await (await it.get('/metrics')).text()).toContain(
    'logbert_refused_lines_total{reason="bus_away"} 2',
  )
  // Who sends lines again knows that they may be there twice.
  const file = join(folder, 'app.log')
  await Bun.write(file, 'a\nb\nc\n')
  const args = ['replay', file, '--to', url, '--patience', '100ms', '--json']
  const { code, records } = await logbert(args)
  expect([code, records().at(-1)]).toEqual([
    ...[1, expect.objectContaining({ acknowledged: 0, refused: 1, doubtful: 3 })],
  ])
  const ready = await it.get('/readyz')
  expect(ready.status).toBe(503)
}, 90_000)
