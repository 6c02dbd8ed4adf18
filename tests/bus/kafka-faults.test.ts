import { afterEach, describe, expect, test } from 'bun:test'
import { createKafkaProducer } from '../../src/bus/kafka/producer.ts'
import { ensureTopics } from '../../src/bus/kafka/topics.ts'
import { type KafkaServer, startKafka, withoutOwnKafka } from '../services/kafka/broker.ts'
import { clientOf, numbered, readingMember, until } from './kafka-member.ts'
import { textsOf } from './messages.ts'

const reason = await withoutOwnKafka()

describe.skipIf(reason !== undefined)(`faults of brokers ${reason ?? ''}`, () => {
  let server: KafkaServer | undefined
  afterEach(async () => {
    await server?.stop()
    server = undefined
  })

  test('a leader killed while three partitions are published to: nothing acknowledged is lost', async () => {
    server = await startKafka({
      nodes: 3,
      // Others take over sooner.
      properties: { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' },
    })
    const client = clientOf(server.brokers, { replication: 3, sessionTimeoutSeconds: 3 })
    await ensureTopics(client, [{ name: 'lines', partitions: 3 }])
    const producer = createKafkaProducer(client)
    const reader = readingMember(client, 'lines', 'readers')
    const acknowledged: string[] = []
    let going = true
    const publishing = (async () => {
      for (let batch = 0; going; batch++) {
        const texts = numbered(`batch ${batch} line`, 30)
        // What is refused is sent again, as whoever publishes does.
        await producer
          .publish(
            'lines',
            texts.map((value, i) => ({ value, partition: i % 3 })),
          )
          .then(
            () => acknowledged.push(...texts),
            () => undefined,
          )
      }
    })()
    await until('it flows', () => acknowledged.length > 3000)
    const admin = await client.admin()
    for (const kill of [0, 1]) {
      const { topics } = await admin.fetchTopicMetadata({ topics: ['lines'] })
      const leader = topics[0]!.partitions[kill]!.leader
      await server.nodes[leader]!.kill()
      const before = acknowledged.length
      await until('it flows again', () => acknowledged.length > before + 3000, 60_000)
      await server.nodes[leader]!.start()
      await until('copies are in sync', async () => {
        const now = await admin.fetchTopicMetadata({ topics: ['lines'] })
        return now.topics[0]!.partitions.every(({ isr }) => isr.length === 3)
      })
    }
    going = false
    await publishing
    const missing = (): string[] => {
      const read = new Set(textsOf(reader.lines).concat(reader.doubtful))
      return acknowledged.filter(text => !read.has(text))
    }
    await until('all is read', () => missing().length === 0, 20_000).catch(() => undefined)
    expect(missing()).toEqual([])
    await reader.leave()
    await producer.close()
    await client.close()
  }, 240_000)

  test('a broker that is away for a while in mid-stream: readers say so, all go on, nothing is lost', async () => {
    server = await startKafka()
    const client = clientOf(server.brokers, { sessionTimeoutSeconds: 3 })
    await ensureTopics(client, [{ name: 'lines', partitions: 4 }])
    const producer = createKafkaProducer(client)
    const readers = [1, 2].map(() => readingMember(client, 'lines', 'readers', { most: 100 }))
    const acknowledged: string[] = []
    let going = true
    const publishing = (async () => {
      for (let batch = 0; going; batch++) {
        const texts = numbered(`batch ${batch} line`, 40)
        await producer.publish(
          'lines',
          texts.map((value, i) => ({ value, partition: i % 4 })),
        )
        acknowledged.push(...texts)
        await Bun.sleep(5)
      }
    })()
    const known = () => new Set(readers.flatMap(each => textsOf(each.lines).concat(each.doubtful)))
    await until('it flows', () => known().size > 2000)
    const told = readers.map(({ failures }) => failures.length)
    await server.nodes[0]!.kill()
    await until('readers say so', () =>
      readers.every(({ failures }, i) => failures.length > told[i]!),
    )
    expect(readers[0]!.failures.at(-1)).toContain('it is tried again')
    await server.nodes[0]!.start()
    const before = known().size
    await until('it flows again', () => known().size > before + 2000)
    going = false
    await publishing
    const missing = (): string[] => {
      const read = known()
      return acknowledged.filter(text => !read.has(text))
    }
    await until('all is read', () => missing().length === 0).catch(() => undefined)
    expect(missing()).toEqual([])
    // What one has committed nobody reads again.
    const places = readers.flatMap(({ lines }) =>
      lines.map(({ partition, position }) => `${partition} ${position}`),
    )
    expect(new Set(places).size).toBe(places.length)
    for (const each of readers) await each.leave()
    await producer.close()
    await client.close()
  }, 240_000)
})
