import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import type { KafkaClient } from '../../src/bus/kafka/client.ts'
import { ensureTopics } from '../../src/bus/kafka/topics.ts'
import { kafkaAddress } from '../../src/cli/replay-address.ts'
import { keyIn, packed } from '../../src/cli/replay-messages.ts'
import { clientOf } from '../bus/kafka-member.ts'
import { until } from '../serve/program.ts'
import { type KafkaServer, startKafka, withoutOwnKafka } from '../services/kafka/broker.ts'
import { testFolder } from './folder.ts'
import { readTopic } from './kafka-topic.ts'
import { cliPath, logbert } from './spawn.ts'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
const { path: folder, put } = testFolder()

/** Lines of 40 sessions, in turns; every tenth has none. */
const lines = Array.from({ length: 4_000 }, (_, i) =>
  i % 10 === 0 ? `a line without one: ${i}` : `step ${i} of session=s${i % 40} ended`,
)
const odd = [
  '',
  '{"message":"as JSON","level":"info"}',
  '{"logs":["not","unpacked"]}',
  'd\u00e9j\u00e0 \u{1F680}',
  '',
]
const file = put('app.log', `${[...lines, ...odd].join('\n')}\n`)
const all = [...lines, ...odd]

test('an address of Kafka names brokers and a topic; what is wrong with another is said', () => {
  expect(kafkaAddress('kafka://a:1,b.c:2/log-input', 'to')).toEqual({
    brokers: ['a:1', 'b.c:2'],
    topic: 'log-input',
  })
  expect(kafkaAddress('KAFKA://a/t', 'to')).toEqual({ brokers: ['a:9092'], topic: 't' })
  expect(kafkaAddress('http://a/t', 'to')).toBe(undefined)
  const faults: [string, string][] = [
    ['kafka://a:1', 'give one like kafka://host:port/topic'],
    ['kafka:///t', 'give one like kafka://host:port/topic'],
    ['kafka:a/t', 'give one like'],
    ['kafka://a:1/t/u', 'a topic has letters'],
    ['kafka://a:1/t?x=1', 'a topic has letters'],
    ['kafka://a:1,/t', '"" is no host:port'],
    ['kafka://a:99999/t', '"a:99999" is no host:port'],
    ['kafka://me:sesame@a:1/t', 'LOGBERT__KAFKA__SASL__USERNAME'],
  ]
  for (const [text, why] of faults) {
    expect(() => kafkaAddress(text, 'to')).toThrow(why)
    expect(() => kafkaAddress(text, 'to')).not.toThrow('sesame')
  }
})

test('lines of a partition are packed in order, within count and bytes; one key stays the key', () => {
  const partitionOf = (key: string): number => Number(key) % 2
  const keyOf = ({ text }: { text: string }): string => keyIn(text, /k(\d)/) ?? '0'
  const made = ['k1 a', 'k2 b', 'k3 c', 'k1 d', 'k2 e', 'k2 f'].map(text => ({
    ...{ text, source: 's', arrived: 5 },
  }))
  const options = { keyOf, partitionOf, most: 2 }
  expect(packed({ lines: made, source: 's' }, options)).toEqual([
    { partition: 1, value: '{"source":"s","logs":["k1 a","k3 c"]}' },
    { partition: 0, key: '2', value: '{"source":"s","logs":["k2 b","k2 e"]}' },
    { partition: 1, key: '1', value: '{"source":"s","logs":["k1 d"]}' },
    { partition: 0, key: '2', value: '{"source":"s","logs":["k2 f"]}' },
  ])
  expect(packed({ lines: made.slice(0, 1) }, options)).toEqual([
    { partition: 1, key: '1', value: '{"logs":[{"message":"k1 a","source":"s","timestamp":5}]}' },
  ])
  const large = Array.from({ length: 30 }, () => ({ ...made[0]!, text: '\u4e2d'.repeat(20_000) }))
  const records = packed({ lines: large, source: 's' }, { ...options, most: 1000 })
  const bytes = records.map(({ value }) => Buffer.byteLength(value!))
  expect(records.length).toBeGreaterThan(1)
  expect(Math.max(...bytes)).toBeLessThan(600_000)
  const count = records.map(({ value }) => JSON.parse(`${value}`).logs.length)
  expect(count.reduce((sum, each) => sum + each, 0)).toBe(30)
})

test('a line is keyed by the first group, else by all that matches, else not', () => {
  expect(keyIn('id=7 x', /id=(\d+)/)).toBe('7')
  expect(keyIn('id=7 x', /id=\d+/)).toBe('id=7')
  expect(keyIn('b x', /(a)|b/)).toBe('b')
  expect(keyIn('no', /id=(\d+)/)).toBe(undefined)
  expect(keyIn('id=', /\d*$/)).toBe(undefined)
})

test('wrong usage ends with 2 and says what to give', async () => {
  const faults: [string[], string][] = [
    [['--to', 'kafka://a:1'], '--to is "kafka://a:1"; give one like kafka://host:port/topic'],
    [['--to', 'kafka://a:1/t', '--key', '('], '--key is "("'],
    [['--to', 'kafka://a:1/t', '--lines-per-message', '0'], '--lines-per-message is "0"'],
    [['--to', 'http://a', '--key', 'x'], '--key is for --to kafka://'],
  ]
  const outcomes = await Promise.all(faults.map(([args]) => logbert(['replay', file, ...args])))
  for (const [i, { code, err }] of outcomes.entries()) {
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(faults[i]![1]) })
  }
}, 30_000)

const reason = await withoutOwnKafka()
const suite = (name: string): string => (reason === undefined ? name : `${name} (${reason})`)

describe.skipIf(reason !== undefined)(suite('replay to Kafka'), () => {
  let server: KafkaServer
  let client: KafkaClient
  const make = (name: string, partitions = 3) => ensureTopics(client, [{ name, partitions }])
  const to = (topic: string): string[] => ['--to', `kafka://${server.brokers[0]}/${topic}`]
  const replay = (topic: string, ...args: string[]) =>
    logbert(['replay', ...args, ...to(topic), '--json'])
  beforeAll(async () => {
    server = await startKafka()
    client = clientOf(server.brokers)
  }, 60_000)
  afterAll(async () => {
    await client.close()
    await server.stop()
  }, 30_000)

  test('every line is a message under its key, in order, whatever it looks like', async () => {
    await make('single')
    const begun = Date.now()
    const { code, err, records } = await replay('single', file, '--key', 'session=(s\\d+)')
    expect(code).toBe(0)
    expect(err).toBe('405 lines do not match --key: keyed by their source\n')
    expect(records().at(-1)).toMatchObject({
      type: 'done',
      acknowledged: 4005,
      sent: 4005,
      faults: 0,
    })
    const { lines: found, messages } = await readTopic(client, 'single')
    expect(messages.length).toBe(4005)
    expect(found.map(({ text }) => text).toSorted()).toEqual(all.toSorted())
    expect(new Set(found.map(({ source }) => source))).toEqual(new Set(['app.log']))
    expect(found.every(({ arrived }) => arrived >= begun && arrived <= Date.now())).toBe(true)
    for (const key of ['app.log', 's1', 's17', 's39']) {
      const mine = found.filter(line => line.key === key)
      expect(new Set(mine.map(({ partition }) => partition)).size).toBe(1)
      const wanted = all.filter(text => (keyIn(text, /session=(s\d+)/) ?? 'app.log') === key)
      expect(mine.map(({ text }) => text)).toEqual(wanted)
    }
    expect(new Set(found.map(({ partition }) => partition)).size).toBe(3)
  })

  test('packed lines come to the same partitions in the same order as one by one', async () => {
    await make('packed')
    const key = ['--key', 'session=(s\\d+)']
    const args = [...key, '--lines-per-message', '100', '--batch', '1000']
    const { code, err, records } = await replay('packed', file, ...args)
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(records().at(-1)).toMatchObject({ acknowledged: 4005, sent: 4005 })
    const one = await readTopic(client, 'single')
    const many = await readTopic(client, 'packed')
    const placed = ({ lines: found }: typeof one) =>
      found.map(({ partition, text, source }) => [partition, source, text])
    expect(placed(many)).toEqual(placed(one))
    expect(many.messages.length).toBeLessThan(70)
    const values = many.messages.map(({ value }) => JSON.parse(value!.toString()))
    expect(Math.max(...values.map(({ logs }) => logs.length))).toBe(100)
    // Without a pattern all lines of a source go under it.
    await make('by-source')
    await replay('by-source', file, '--lines-per-message', '1000')
    const whole = await readTopic(client, 'by-source')
    expect(whole.lines.map(({ text }) => text)).toEqual(all)
    expect(new Set(whole.messages.map(each => `${each.key}`))).toEqual(new Set(['app.log']))
  })

  test('the simulated shop keeps its sources and times, packed or not', async () => {
    const shop = [
      '--simulate',
      '--seed',
      '3',
      '--duration',
      '30s',
      '--start',
      '2026-01-05T08:00:00Z',
    ]
    const told = async (topic: string, ...args: string[]) => {
      await make(topic, 1)
      const { code, records } = await replay(topic, ...shop, ...args)
      expect(code).toBe(0)
      const { lines: found } = await readTopic(client, topic)
      expect(records().at(-1)).toMatchObject({ acknowledged: found.length })
      return found.map(({ text, source, arrived }) => ({ text, source, arrived }))
    }
    const one = await told('shop')
    const packs = await told('shop-packed', '--lines-per-message', '50')
    expect(packs.map(({ text }) => text)).toEqual(one.map(({ text }) => text))
    expect(packs.map(({ source }) => source)).toEqual(one.map(({ source }) => source))
    expect(new Set(one.map(({ source }) => source)).size).toBeGreaterThan(5)
    const begun = Date.UTC(2026, 0, 5, 8)
    expect(packs.every(({ arrived }) => arrived >= begun && arrived <= begun + 60_000)).toBe(true)
  })

  test('a topic with a slip in its name is said and not made', async () => {
    await make('log-input', 1)
    const { code, err, records } = await replay('log-inptu', file)
    expect(code).toBe(1)
    expect(err).toContain('opening the topic log-inptu failed')
    expect(err).toContain('did you mean log-input?')
    expect(records().at(-1)).toMatchObject({ type: 'failed', acknowledged: 0 })
    expect(await (await client.admin()).listTopics()).not.toContain('log-inptu')
  })

  test('--rate keeps to the rate, Ctrl-C ends with 130 and the exact count', async () => {
    await make('paced', 2)
    const args = ['replay', file, ...to('paced'), '--rate', '400', '--json']
    const child = Bun.spawn([process.execPath, cliPath, ...args], {
      stdout: 'pipe',
      stderr: 'ignore',
    })
    const admin = await client.admin()
    const count = async (): Promise<number> =>
      (await admin.fetchTopicOffsets('paced')).reduce((sum, { high }) => sum + Number(high), 0)
    await until(async () => (await count()) >= 200)
    child.kill('SIGINT')
    expect(await child.exited).toBe(130)
    const out = (await new Response(child.stdout).text()).trim().split('\n')
    const { acknowledged, seconds } = JSON.parse(out.at(-1)!)
    expect(acknowledged).toBe(await count())
    expect(acknowledged / seconds).toBeLessThan(500)
    const { lines: found } = await readTopic(client, 'paced')
    expect(found.map(({ text }) => text)).toEqual(all.slice(0, acknowledged))
  }, 30_000)

  test('a broker that goes and comes back in mid-stream: every line arrives, none is said safe that is not', async () => {
    await make('broken', 1)
    const args = ['replay', file, ...to('broken'), '--rate', '2000', '--batch', '50', '--json']
    const child = Bun.spawn([process.execPath, cliPath, ...args], {
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const admin = await client.admin()
    const end = async (): Promise<number> =>
      Number((await admin.fetchTopicOffsets('broken'))[0]!.high)
    await until(async () => (await end()) > 1000)
    await server.nodes[0]!.kill()
    await Bun.sleep(1_500)
    expect(child.exitCode).toBe(null)
    await server.nodes[0]!.start()
    expect(await child.exited).toBe(0)
    const out = (await new Response(child.stdout).text()).trim().split('\n')
    expect(JSON.parse(out.at(-1)!)).toMatchObject({ type: 'done', acknowledged: 4005 })
    const { lines: found } = await readTopic(client, 'broken')
    const texts = [...new Set(found.map(({ text }) => text))]
    expect(texts).toEqual([...new Set(all)])
  }, 90_000)

  test('brokers that are away at the start are waited for, and given up after --patience', async () => {
    await make('late', 1)
    await server.nodes[0]!.end()
    const { code, err, records } = await replay('late', file, '--patience', '1s')
    expect(code).toBe(1)
    expect(err).toContain(`Kafka at ${server.brokers[0]} does not answer`)
    expect(err).toContain('ECONNREFUSED')
    expect(err).toContain('--patience sets how long')
    expect(records().at(-1)).toMatchObject({ type: 'failed', acknowledged: 0 })
    const waiting = replay('late', file)
    await Bun.sleep(700)
    await server.nodes[0]!.start()
    expect(await waiting).toMatchObject({ code: 0 })
    const { lines: found } = await readTopic(client, 'late')
    expect(found.map(({ text }) => text)).toEqual(all)
  }, 60_000)
})

describe.skipIf(reason !== undefined)(suite('a Kafka that wants TLS and a login'), () => {
  const users = ['admin', 'shipper'].map(name => ({ name, password: `sesame-${name}` }))
  let server: KafkaServer
  let client: KafkaClient
  beforeAll(async () => {
    server = await startKafka({
      users,
      protocol: 'SASL_SSL',
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:admin;User:ANONYMOUS',
      },
    })
    const sasl = { mechanism: 'plain' as const, username: 'admin', password: 'sesame-admin' }
    client = clientOf(server.brokers, { ssl: true, sslCa: server.certificates!.ca, sasl })
    await ensureTopics(client, [{ name: 'log-input', partitions: 1 }])
  }, 60_000)
  afterAll(async () => {
    await client.close()
    await server.stop()
  }, 30_000)
  const run = (args: string[], over: Record<string, string> = {}) =>
    logbert([...args, `kafka://${server.brokers[0]}/log-input`], {
      cwd: folder,
      env: {
        LOGBERT__KAFKA__SSL: 'true',
        LOGBERT__KAFKA__SSLCA: server.certificates!.ca,
        LOGBERT__KAFKA__SASL__MECHANISM: 'scram-sha-512',
        LOGBERT__KAFKA__SASL__USERNAME: 'admin',
        LOGBERT__KAFKA__SASL__PASSWORD: 'sesame-admin',
        ...over,
      },
    })

  test('both come from the environment; with a wrong one it says what to do', async () => {
    const replay = ['replay', file, '--to']
    const good = await run(replay)
    expect(good).toMatchObject({ code: 0, out: expect.stringContaining('4,005 of 4,005 lines') })
    const { lines: found } = await readTopic(client, 'log-input')
    expect(found.map(({ text }) => text)).toEqual(all)
    const wrong = await run(replay, { LOGBERT__KAFKA__SASL__PASSWORD: 'simsim' })
    expect(wrong.code).toBe(2)
    expect(wrong.err).toContain('LOGBERT__KAFKA__SASL__PASSWORD')
    expect(wrong.err).not.toContain('simsim')
    const missing = await run(replay, { LOGBERT__KAFKA__SSLCA: join(folder, 'none.pem') })
    expect(missing.code).toBe(2)
    expect(missing.err).toContain('none.pem cannot be read')
    const plain = { LOGBERT__KAFKA__SSL: 'false', LOGBERT__KAFKA__SSLCA: '' }
    const mute = await run(['replay', file, '--patience', '3s', '--to'], plain)
    expect(mute.code).toBe(1)
    expect(mute.err).toContain('takes connections, but does not answer')
    expect(mute.err).toContain('check kafka.ssl and kafka.sasl; tried for')
  }, 60_000)

  test('what a user may not do ends it with 2 and says which permission is wanted', async () => {
    const shipper = {
      LOGBERT__KAFKA__SASL__USERNAME: 'shipper',
      LOGBERT__KAFKA__SASL__PASSWORD: 'sesame-shipper',
    }
    const allow = async (resource: 'TOPIC' | 'GROUP', operation: number): Promise<void> => {
      const admin = await client.admin()
      const [resourceName, resourcePatternType] =
        resource === 'TOPIC'
          ? ['log-input', ResourcePatternTypes.LITERAL]
          : ['logbert-follower-', ResourcePatternTypes.PREFIXED]
      await admin.createAcls({
        acl: [
          {
            ...{ resourceType: AclResourceTypes[resource], resourceName, resourcePatternType },
            ...{ principal: 'User:shipper', host: '*', operation },
            permissionType: AclPermissionTypes.ALLOW,
          },
        ],
      })
    }
    const replay = () => run(['replay', file, '--to'], shipper)
    const unseen = await replay()
    expect(unseen).toMatchObject({ code: 1, err: expect.stringContaining('that we may see') })
    await allow('TOPIC', AclOperationTypes.DESCRIBE)
    const unwritable = await replay()
    expect(unwritable).toMatchObject({ code: 2, err: expect.stringContaining('no permission') })
    await allow('GROUP', AclOperationTypes.READ)
    const tail = await run(['tail', '--since', 'beginning', '--from'], shipper)
    expect(tail).toMatchObject({ code: 2, err: expect.stringContaining('no permission') })
    await allow('TOPIC', AclOperationTypes.WRITE)
    expect(await replay()).toMatchObject({ code: 0 })
  }, 90_000)
})
