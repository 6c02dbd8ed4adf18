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
    server = await startKafka({ nodes: 3, properties: { 'min.insync.replicas': '2' } })
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

  test.each(['kill', 'end'] as const)(
    'a broker that goes (%s) and comes back in mid-stream: who publishes and who reads go on, nothing is lost',
    async how => {
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
          const records = texts.map((value, i) => ({ value, partition: i % 4 }))
          for (let safe = false; !safe && going; ) {
            safe = await producer.publish('lines', records).then(
              () => true,
              () => false,
            )
          }
          if (going) acknowledged.push(...texts)
          await Bun.sleep(5)
        }
      })()
      const known = () =>
        new Set(readers.flatMap(each => textsOf(each.lines).concat(each.doubtful)))
      await until('it flows', () => known().size > 2000)
      await server.nodes[0]!.kill()
      if (how === 'kill') await Bun.sleep(3_000)
      else {
        await until(
          'readers say so',
          () => readers.some(({ failures }) => failures.length > 0),
          60_000,
        )
        await Bun.sleep(5_000)
      }
      await server.nodes[0]!.start()
      const before = known().size
      await until('it flows again', () => known().size > before + 2000, 60_000)
      going = false
      await publishing
      const missing = (): string[] => {
        const read = known()
        return acknowledged.filter(text => !read.has(text))
      }
      await until('all is read', () => missing().length === 0, 20_000).catch(() => undefined)
      expect(missing()).toEqual([])
      // One by one, what one has read no other has.
      const read = readers.flatMap(({ lines }) => textsOf(lines))
      const places = readers.flatMap(({ lines }) =>
        lines.map(({ partition, position }) => `${partition} ${position}`),
      )
      expect(new Set(places).size).toBe(read.length)
      for (const each of readers) await each.leave()
      await producer.close()
      await client.close()
    },
    240_000,
  )
})
