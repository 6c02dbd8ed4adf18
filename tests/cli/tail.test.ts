import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { KafkaClient } from '../../src/bus/kafka/client.ts'
import { createKafkaProducer, type KafkaProducer } from '../../src/bus/kafka/producer.ts'
import { ensureTopics } from '../../src/bus/kafka/topics.ts'
import { showAnomaly } from '../../src/cli/show-anomaly.ts'
import type { Anomaly } from '../../src/core/types.ts'
import { clientOf } from '../bus/kafka-member.ts'
import { until } from '../serve/program.ts'
import { type KafkaServer, startKafka, withoutOwnKafka } from '../services/kafka/broker.ts'
import { cliPath, logbert } from './spawn.ts'

const anomaly = (id: string): Anomaly => ({
  ...{ id, at: 1_767_600_000_000, firstSeen: 1_767_600_000_000, lastSeen: 1_767_600_005_000 },
  ...{ source: 'app.log', session: `s-${id}`, kind: 'count', score: 9, pValue: 0.0002 },
  voices: [{ name: 'count', score: 9, pValue: 0.0002 }],
  lines: [
    {
      ...{ line: 7, at: 1_767_600_000_000, text: `it broke in ${id}`, template: 'it broke in <*>' },
      ...{
        templateId: 3,
        surprise: 8,
        odd: true,
        expected: [{ template: 'it went well', p: 0.9 }],
      },
    },
  ],
  missing: [{ templateId: 4, template: 'COMMIT', expected: 1, got: 0 }],
  model: { name: 'default', version: 'v1' },
})

const record = (id: string) => ({
  key: `s-${id}`,
  value: JSON.stringify({ ...anomaly(id), course: { events: [] } }),
})

test('wrong usage ends with 2 and says what to give', async () => {
  const from = ['--from', 'kafka://a:1/log-anomaly']
  const faults: [string[], string][] = [
    [[], 'needs --from'],
    [['--from', 'http://a/b'], 'cannot use --from "http://a/b"'],
    [['--from', 'kafka://a'], '--from is "kafka://a"; give one like kafka://host:port/topic'],
    [[...from, '--since', 'soon'], '--since is "soon"'],
    [[...from, 'app.log'], 'takes no FILE'],
  ]
  const outcomes = await Promise.all(faults.map(([args]) => logbert(['tail', ...args])))
  for (const [i, { code, out, err }] of outcomes.entries()) {
    const why = expect.stringContaining(faults[i]![1])
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: why })
  }
}, 30_000)

const reason = await withoutOwnKafka()
const name = reason === undefined ? 'tail' : `tail (${reason})`

describe.skipIf(reason !== undefined)(name, () => {
  let server: KafkaServer
  let client: KafkaClient
  let producer: KafkaProducer
  const running = new Set<Bun.Subprocess>()
  const address = (topic: string): string => `kafka://${server.brokers[0]}/${topic}`
  const make = (topic: string, partitions = 1) =>
    ensureTopics(client, [{ name: topic, partitions }])
  const tail = (topic: string, ...args: string[]) => {
    const command = [process.execPath, cliPath, 'tail', '--from', address(topic), ...args]
    const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
    running.add(child)
    const state = { out: '', err: '' }
    const listen = async (from: ReadableStream<Uint8Array>, to: 'out' | 'err'): Promise<void> => {
      const decoder = new TextDecoder()
      for await (const chunk of from) state[to] += decoder.decode(chunk, { stream: true })
    }
    const heard = [listen(child.stdout, 'out'), listen(child.stderr, 'err')]
    return {
      state,
      ids: () => state.out.split('\n').flatMap(line => (line === '' ? [] : JSON.parse(line).id)),
      follows: () => until(() => state.err.includes(`following ${topic} of Kafka`)),
      async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<number> {
        child.kill(signal)
        const code = await child.exited
        await Promise.all(heard)
        return code
      },
    }
  }
  beforeAll(async () => {
    server = await startKafka()
    client = clientOf(server.brokers)
    producer = createKafkaProducer(client)
  }, 60_000)
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL')
    await producer.close()
    await client.close()
    await server.stop()
  }, 30_000)

  test('what is published from now on comes as it does: each once, the rest counted; Ctrl-C ends with 0', async () => {
    await make('log-anomaly')
    await producer.publish('log-anomaly', [record('old')])
    const following = tail('log-anomaly', '--json')
    await following.follows()
    await producer.publish('log-anomaly', [record('a'), record('b')])
    await until(() => following.ids().length === 2)
    await producer.publish('log-anomaly', [
      ...[record('b'), { key: null, value: '{"id":' }, { key: 'x', value: null }],
      ...[{ key: null, value: Buffer.from([0xff, 0xfe]) }, record('c')],
    ])
    await until(() => following.ids().length === 3)
    expect(await following.stop()).toBe(0)
    const { out, err } = following.state
    expect(following.ids()).toEqual(['a', 'b', 'c'])
    expect(JSON.parse(out.split('\n')[0]!)).toEqual(JSON.parse(JSON.stringify(anomaly('a'))))
    expect(err).toContain('the message at log-anomaly/0, offset 4, is no anomaly: left out')
    expect(err).toEndWith('3 anomalies, 1 came again, 3 messages were none\n')
  }, 30_000)

  test('for people it shows what score shows, and nothing that would steer their terminal', async () => {
    await make('shown')
    const steering = { ...anomaly('b'), session: 's-\u001b[2J\u009b' }
    const strange = { id: 'c', session: 's', lines: [{ text: 'no such form' }] }
    await producer.publish('shown', [
      record('a'),
      ...[steering, strange, anomaly('d')].map(each => ({ value: JSON.stringify(each) })),
    ])
    const following = tail('shown', '--since', 'beginning')
    await until(() => following.state.out.includes('s-d'))
    expect(await following.stop('SIGTERM')).toBe(0)
    const { out, err } = following.state
    const shown = ['a', 'b', 'd'].map(id => showAnomaly(anomaly(id))).join('')
    expect(out).toBe(shown.replace('s-b', 's-\u00b7[2J\u00b7'))
    expect(err).toEndWith('3 anomalies, 1 messages were none\n')
  }, 30_000)

  test('--since begins with what was published then, in every partition', async () => {
    await make('since', 3)
    const now = Date.now()
    const at = (id: string, ago: number, partition: number) => ({
      ...{ ...record(id), partition, timestamp: now - ago },
    })
    const [hour, minute] = [3_600_000, 60_000]
    await producer.publish('since', [
      ...[at('a', 3 * hour, 0), at('b', 2 * hour, 1), at('c', 5 * minute, 1), at('d', minute, 0)],
    ])
    const seen = async (since: string, count: number): Promise<string[]> => {
      const following = tail('since', '--json', '--since', since)
      await until(() => following.ids().length >= count)
      await following.follows()
      expect(await following.stop()).toBe(0)
      return following.ids().toSorted()
    }
    expect(await seen('beginning', 4)).toEqual(['a', 'b', 'c', 'd'])
    expect(await seen('10m', 2)).toEqual(['c', 'd'])
    const time = new Date(now - 2.5 * hour).toISOString()
    expect(await seen(time, 3)).toEqual(['b', 'c', 'd'])
  }, 60_000)

  test('a topic with a slip in its name ends it with 1', async () => {
    await make('log-anomaly')
    const { code, err } = await logbert(['tail', '--from', address('log-anomly')])
    expect(code).toBe(1)
    expect(err).toContain('opening the topic log-anomly failed')
    expect(err).toContain('did you mean log-anomaly?')
    expect(await (await client.admin()).listTopics()).not.toContain('log-anomly')
  })

  test('a broker that goes and comes back: it says so, goes on, and leaves nothing out', async () => {
    await make('broken')
    const following = tail('broken', '--json')
    await following.follows()
    await producer.publish('broken', [record('a')])
    await until(() => following.ids().length === 1)
    await server.nodes[0]!.kill()
    await until(() => following.state.err.includes('failed at Kafka'))
    await server.nodes[0]!.start()
    await producer.publish('broken', [record('b')])
    await until(() => following.ids().length === 2)
    expect(following.ids()).toEqual(['a', 'b'])
    expect(following.state.err).toMatch(/following broken of Kafka at \S+ again\n/)
    expect(await following.stop()).toBe(0)
  }, 120_000)

  test('brokers that are away at the start end it with 1 after --patience; Ctrl-C before with 0', async () => {
    await make('away')
    await server.nodes[0]!.end()
    const given = await logbert(['tail', '--from', address('away'), '--patience', '600ms'])
    expect(given.code).toBe(1)
    expect(given.err).toContain(`Kafka at ${server.brokers[0]} does not answer`)
    const waiting = tail('away')
    await Bun.sleep(700)
    expect(await waiting.stop()).toBe(0)
    const patient = tail('away', '--json')
    await Bun.sleep(700)
    await server.nodes[0]!.start()
    await patient.follows()
    await producer.publish('away', [record('a')])
    await until(() => patient.ids().length === 1)
    // It ends within moments while nobody answers, too.
    await server.nodes[0]!.kill()
    const begun = performance.now()
    expect(await patient.stop()).toBe(0)
    const took = performance.now() - begun
    expect(took).toBeLessThan(10_000)
    await server.nodes[0]!.start()
  }, 120_000)
})
