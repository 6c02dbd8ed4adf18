import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { KafkaClient } from '../../src/bus/kafka/client.ts'
import { createKafkaProducer } from '../../src/bus/kafka/producer.ts'
import { ensureTopics } from '../../src/bus/kafka/topics.ts'
import { anyKafka, withoutKafka } from '../services/kafka/broker.ts'
import { kafkaLibs } from '../services/kafka/libs.ts'
import { clientOf, numbered, readingMember, until } from './kafka-member.ts'
import { codeOf, textsOf } from './messages.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const reason = await withoutKafka()

/** Kafka's own producer, in Java, with lines as messages. */
const consoleProducer = async (
  brokers: readonly string[],
  topic: string,
  codec: string,
  lines: readonly string[],
): Promise<void> => {
  const child = Bun.spawn(
    [
      ...['java', '-XX:TieredStopAtLevel=1', '-cp', `${await kafkaLibs()}/*`],
      ...['org.apache.kafka.tools.ConsoleProducer', '--bootstrap-server', brokers.join(',')],
      ...['--topic', topic, '--compression-codec', codec],
    ],
    {
      stdin: new TextEncoder().encode(`${lines.join('\n')}\n`),
      stdout: 'ignore',
      stderr: 'ignore',
    },
  )
  expect(await child.exited).toBe(0)
}

describe.skipIf(reason !== undefined)(`messages on Kafka ${reason ?? ''}`, () => {
  let server: Awaited<ReturnType<typeof anyKafka>>
  let client: KafkaClient
  beforeAll(async () => {
    server = await anyKafka()
    client = clientOf(server.brokers)
  }, 60_000)
  afterAll(async () => {
    await client.close()
    await server.stop()
  })
  const freshTopic = async (config = {}): Promise<string> => {
    const name = `codecs-${crypto.randomUUID()}`
    await ensureTopics(client, [{ name, partitions: 1, config }])
    return name
  }

  test('all codecs are written and read, and what Kafka\u2019s own producer writes with them, in one topic', async () => {
    const topic = await freshTopic()
    const expected: string[] = []
    for (const codec of CODECS) {
      const own = [...numbered(`ours in ${codec}: d\u00e9j\u00e0 vu`, 3000), 'x'.repeat(300_000)]
      const theirs = [...numbered(`theirs in ${codec}`, 3000), 'y'.repeat(300_000)]
      const producer = createKafkaProducer(clientOf(server.brokers, { compression: codec }))
      await producer.publish(
        topic,
        own.map(value => ({ value })),
      )
      await producer.close()
      await consoleProducer(server.brokers, topic, codec, theirs)
      expected.push(...own, ...theirs)
    }
    const reader = readingMember(client, topic, topic)
    await until('all is read', () => reader.lines.length >= expected.length)
    expect(textsOf(reader.lines)).toEqual(expected)
    await reader.leave()
  }, 120_000)

  test('a message that is too large for the broker fails by itself', async () => {
    const topic = await freshTopic({ 'max.message.bytes': '100000' })
    const producer = createKafkaProducer(client)
    const records = numbered('x'.repeat(9_000), 40).map(value => ({ value }))
    const large = { value: 'y'.repeat(200_000) }
    const failure = producer.publish(topic, [...records.slice(0, 20), large, ...records.slice(20)])
    await expect(failure).rejects.toThrow(/1 of 41 messages: the largest has 200100 bytes/)
    expect(await codeOf(failure)).toBe('BAD_INPUT')
    await producer.publish(topic, records)
    const reader = readingMember(client, topic, topic)
    await until('all is read', () => reader.lines.length >= 80)
    const texts = records.map(({ value }) => value)
    expect(textsOf(reader.lines)).toEqual([...texts, ...texts])
    await reader.leave()
    await producer.close()
  }, 60_000)

  test('keys go where Kafka\u2019s own producers put them', async () => {
    const name = `keys-${crypto.randomUUID()}`
    await ensureTopics(client, [{ name, partitions: 7 }])
    const keys = [
      '',
      'a',
      'ab',
      'abc',
      'abcd',
      'blk_-1608999687919862906',
      '\u00fc\u{1F98A}',
      'x'.repeat(99),
    ]
    const producer = createKafkaProducer(client)
    const other = client.kafka.producer({ allowAutoTopicCreation: false })
    await other.connect()
    for (const key of keys) {
      const [ours] = await producer.publish(name, [{ key, value: 'ours' }])
      const [theirs] = await other.send({ topic: name, messages: [{ key, value: 'theirs' }] })
      expect(ours!.partition).toBe(theirs!.partition)
    }
    await other.disconnect()
    await producer.close()
  }, 60_000)

  test('several processes that make the same topics at once all succeed; settings are kept', async () => {
    const names = [1, 2, 3].map(() => `race-${crypto.randomUUID()}`)
    const plans = names.map(name => ({
      ...{ name, partitions: 3 },
      config: { 'cleanup.policy': 'compact' },
    }))
    const clients = Array.from({ length: 6 }, () => clientOf(server.brokers))
    const made = await Promise.all(clients.map(each => ensureTopics(each, plans)))
    for (const each of made) expect([...each.values()]).toEqual([3, 3, 3])
    const admin = await client.admin()
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: names[0]!, configNames: ['cleanup.policy'] }],
    })
    expect(resources[0]!.configEntries[0]!.configValue).toBe('compact')
    await Promise.all(clients.map(each => each.close()))
  }, 60_000)
})
