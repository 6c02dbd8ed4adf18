import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { KafkaClient } from '../../src/bus/kafka/client.ts'
import { createKafkaBus } from '../../src/bus/kafka/driver.ts'
import { linesOf } from '../../src/bus/kafka/format.ts'
import { joinGroup } from '../../src/bus/kafka/group.ts'
import { createKafkaProducer } from '../../src/bus/kafka/producer.ts'
import type { KafkaSettings } from '../../src/bus/kafka/settings.ts'
import { ensureTopics } from '../../src/bus/kafka/topics.ts'
import { type KafkaServer, startKafka, withoutOwnKafka } from '../services/kafka/broker.ts'
import { clientOf, readingMember, until } from './kafka-member.ts'
import { batchOf, readAll, textsOf } from './messages.ts'

const reason = await withoutOwnKafka()
const admin = { username: 'admin', password: 'a-secret' }
const plans = [{ name: 'there', partitions: 2 }]

describe.skipIf(reason !== undefined)(`reaching a secured Kafka ${reason ?? ''}`, () => {
  let server: KafkaServer
  beforeAll(async () => {
    server = await startKafka({
      protocol: 'SASL_SSL',
      users: [
        { name: 'admin', password: 'a-secret' },
        { name: 'bob', password: 'bobs' },
      ],
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:admin;User:ANONYMOUS',
        'ssl.client.auth': 'requested',
      },
    })
    await ensureTopics(as({}), plans)
  }, 60_000)
  afterAll(() => server.stop())

  const as = (settings: Partial<KafkaSettings>): KafkaClient => {
    const { ca } = server.certificates!
    const sasl = { mechanism: 'scram-sha-256' as const, ...admin }
    return clientOf(server.brokers, { ssl: true, sslCa: ca, sasl, ...settings })
  }
  /** Why it cannot be joined. */
  const refusal = (client: KafkaClient, topic: string): Promise<string> =>
    new Promise(resolve => {
      const member = joinGroup(
        client,
        { topic, groupId: 'group', read: linesOf },
        {
          ...{ assigned: () => undefined, lost: () => undefined },
          joined: () => resolve('joined'),
          failed(error) {
            void member.leave()
            resolve(`${error.code}: ${error.message}`)
          },
        },
      )
    })

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)(
    'publishes and reads over TLS with %s, and with a certificate of its own',
    async mechanism => {
      const { cert, key } = server.certificates!
      const client = as({ sasl: { mechanism, ...admin }, sslCert: cert, sslKey: key })
      const topic = `secured-${mechanism}`
      const bus = createKafkaBus(client)
      await bus.publish(topic, batchOf('a', 0, 10))
      const reader = readingMember(client, topic, topic)
      await until('all is read', () => reader.lines.length === 10)
      expect(textsOf(await readAll(bus, topic))).toEqual(textsOf(batchOf('a', 0, 10)))
      await reader.leave()
      await bus.close()
    },
    60_000,
  )

  test('what keeps a client out is said in words, with what to do', async () => {
    const sasl = { mechanism: 'scram-sha-512' as const, username: 'bob', password: 'bobs' }
    const bob = as({ sasl })
    for (const action of [
      () => ensureTopics(bob, plans),
      () => ensureTopics(bob, [{ name: 'bobs', partitions: 1 }]),
    ]) {
      await expect(action()).rejects.toThrow(/the user has no permission; grant it/)
    }
    expect(await refusal(bob, 'there')).toMatch(/^BAD_CONFIG: .* no permission/)
    await expect(createKafkaProducer(bob).publish('there', [{ value: 'x' }])).rejects.toThrow(
      /no such topic, or the user may not see it/,
    )
    const wrong = as({ sasl: { ...sasl, password: 'wrong' } })
    expect(await refusal(wrong, 'there')).toMatch(
      /^BAD_CONFIG: .* refuses the login; check kafka.sasl/,
    )
    expect(await refusal(clientOf(server.brokers, { ssl: true }), 'there')).toMatch(
      /^BAD_CONFIG: .* check kafka.ssl and kafka.sslCa/,
    )
    expect(await refusal(clientOf(server.brokers), 'there')).toMatch(
      /^AWAY: .* wants TLS \(kafka.ssl\) or a login/,
    )
    expect(await refusal(as({}), 'not-there')).toMatch(/^BAD_INPUT: .* there is no such topic/)
  }, 120_000)

  test('reading makes no topic', async () => {
    const bus = createKafkaBus(as({}))
    expect(await bus.lag('only-read', 'group')).toEqual([])
    expect(await readAll(bus, 'only-read')).toEqual([])
    expect(await bus.fetch('only-read', 0, [1])).toEqual([undefined])
    const client = as({})
    expect(await (await client.admin()).listTopics()).not.toContain('only-read')
    await client.close()
    await bus.close()
  }, 60_000)

  test('settings that contradict each other are refused at once', () => {
    expect(() => clientOf(['x:1'], { sslCa: '/no/such.pem' })).toThrow(/kafka.ssl is not true/)
    expect(() => clientOf(['x:1'], { ssl: true, sslCa: '/no/such.pem' })).toThrow(/cannot be read/)
    expect(() => clientOf(['x:1'], { sasl: { mechanism: 'plain' } })).toThrow(/SASL__PASSWORD/)
  })
})
