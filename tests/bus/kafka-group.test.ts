import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { KafkaClient } from '../../src/bus/kafka/client.ts'
import { linesOf } from '../../src/bus/kafka/format.ts'
import { joinGroup, type OwnedPartition } from '../../src/bus/kafka/group.ts'
import { createKafkaProducer, type KafkaProducer } from '../../src/bus/kafka/producer.ts'
import { ensureTopics } from '../../src/bus/kafka/topics.ts'
import { anyKafka, withoutKafka } from '../services/kafka/broker.ts'
import { clientOf, numbered, readingMember, until } from './kafka-member.ts'
import { codeOf, textsOf } from './messages.ts'

const reason = await withoutKafka()

describe.skipIf(reason !== undefined)(`members of a group on Kafka ${reason ?? ''}`, () => {
  let server: Awaited<ReturnType<typeof anyKafka>>
  let client: KafkaClient
  let producer: KafkaProducer

  beforeAll(async () => {
    server = await anyKafka()
    client = clientOf(server.brokers, { sessionTimeoutSeconds: 2 })
    producer = createKafkaProducer(client)
  }, 60_000)
  afterAll(async () => {
    await producer.close()
    await client.close()
    await server.stop()
  })
  const freshTopic = async (partitions: number, config = {}): Promise<string> => {
    const name = `group-${crypto.randomUUID()}`
    await ensureTopics(client, [{ name, partitions, config }])
    return name
  }
  /** Values spread over partitions by their number. */
  const publish = async (topic: string, partitions: number, texts: string[]): Promise<void> => {
    await producer.publish(
      topic,
      texts.map((value, i) => ({ value, partition: i % partitions })),
    )
  }
  const child = (topic: string, group: string) =>
    Bun.spawn(
      [
        ...[process.execPath, join(import.meta.dir, 'kafka-child.ts')],
        ...[server.brokers.join(','), topic, group],
      ],
      { stdout: 'pipe', stderr: 'inherit' },
    )

  test('members share partitions; one that leaves or comes costs no line and doubles none', async () => {
    const topic = await freshTopic(6)
    const texts = numbered('line', 6000)
    const one = readingMember(client, topic, topic, { most: 50, pause: 3 })
    await publish(topic, 6, texts.slice(0, 3000))
    const two = readingMember(client, topic, topic, { most: 50, pause: 3 })
    await until('they share', () => one.owned.size === 3 && two.owned.size === 3)
    await publish(topic, 6, texts.slice(3000))
    await until('the second reads', () => two.lines.length > 100)
    await two.leave()
    await until('the first has all', () => one.owned.size === 6)
    const all = new Set(texts)
    const read = () => textsOf(one.lines.concat(two.lines))
    const known = () => new Set(read().concat(one.doubtful, two.doubtful))
    await until('all lines are read', () => known().size >= 6000)
    expect(known()).toEqual(all)
    expect(new Set(read()).size).toBe(read().length)
    for (const { lines } of [one, two]) {
      for (let partition = 0; partition < 6; partition++) {
        const mine = lines.filter(line => line.partition === partition)
        expect(mine.map(({ offset }) => offset)).toEqual(
          mine.map(({ offset }) => offset).toSorted((a, b) => a - b),
        )
      }
    }
    await one.leave()
  }, 60_000)

  test('what a killed member held is read by another, from its last commit on', async () => {
    const topic = await freshTopic(4)
    const victim = child(topic, topic)
    const said = victim.stdout.getReader()
    await said.read()
    await publish(topic, 4, numbered('before', 400))
    const other = readingMember(client, topic, topic)
    await until('the other has its part', () => other.owned.size === 2)
    const begun = performance.now()
    victim.kill('SIGKILL')
    await publish(topic, 4, numbered('after', 400))
    await until('the other has all', () => other.owned.size === 4)
    await until(
      'all of after is read',
      () => other.lines.filter(({ text }) => text.startsWith('after')).length >= 400,
    )
    expect(performance.now() - begun).toBeLessThan(15_000)
    await other.leave()
  }, 60_000)

  test('a member that slept through its session can commit nothing any more', async () => {
    const topic = await freshTopic(1)
    const sleeper = child(topic, topic)
    await publish(topic, 1, numbered('one', 10))
    let said = ''
    void (async () => {
      for await (const bytes of sleeper.stdout) said += new TextDecoder().decode(bytes)
    })()
    await until('it has committed', () => said.includes('committed 10\n'))
    sleeper.kill('SIGSTOP')
    await publish(topic, 1, numbered('two', 10))
    const other = readingMember(client, topic, topic)
    await until('the other has read on', () => other.lines.length === 10)
    expect(textsOf(other.lines)).toEqual(numbered('two', 10))
    const [kept] = [...other.owned.values()]
    sleeper.kill('SIGCONT')
    // It thinks that the partition is its own still, and tries to go back.
    await until('it is refused', () => said.includes('CONFLICT\n') || said.includes('went back'))
    expect(said).not.toContain('went back')
    sleeper.kill('SIGKILL')
    await other.leave()
    const again = readingMember(client, topic, topic)
    await until('it is assigned', () => again.owned.size === 1)
    expect(again.owned.get(0)!.committed).toEqual({ next: 20, note: '0 up to 20' })
    expect(kept!.owned).toBe(false)
    expect(await codeOf(kept!.commit(0, 'late'))).toBe('CONFLICT')
    await again.leave()
  }, 60_000)

  test('going back gives the same lines again, in the middle of a batch and while others wait', async () => {
    const topic = await freshTopic(2)
    const texts = numbered('line', 5000)
    await publish(topic, 1, texts)
    const got = Promise.withResolvers<OwnedPartition>()
    const member = joinGroup(
      client,
      { topic, groupId: topic, read: linesOf },
      {
        assigned: owned => owned.partition === 0 && got.resolve(owned),
        ...{ lost: () => undefined, joined: () => undefined, failed: got.reject },
      },
    )
    const owned = await got.promise
    for (const from of [0, 4000, 17, 17, 4999, 0]) {
      owned.seek(from)
      for (let next = from; next < Math.min(from + 700, 5000); ) {
        const given = await owned.take(90, 5000)
        expect(textsOf(given!.lines)).toEqual(texts.slice(next, given!.next))
        next = given!.next
      }
    }
    await member.leave()
  }, 60_000)

  test('unreadable messages are told one by one, and what is around them is read', async () => {
    const topic = await freshTopic(2)
    const bad = [
      { value: Buffer.from([0x68, 0xff, 0xfe]), key: Buffer.from([0xff]) },
      { value: null, key: 'gone' },
      { value: JSON.stringify({ logs: Array(70_000).fill('x') }) },
      { value: '{"logs":["a",7]}' },
    ]
    for (const partition of [0, 1]) {
      for (const [i, record] of bad.entries()) {
        await producer.publish(topic, [
          { value: `before ${i}`, partition },
          { ...record, partition },
          { value: `after ${i}`, partition },
        ])
      }
    }
    const member = readingMember(client, topic, topic)
    await until('all is read', () => member.lines.length + member.bad.length >= 24)
    expect(member.lines.length).toBe(16)
    expect(member.bad.map(({ offset }) => offset).toSorted((a, b) => a - b)).toEqual([
      1, 1, 4, 4, 7, 7, 10, 10,
    ])
    const first = member.bad.find(({ offset }) => offset === 1)!
    expect([first.value, first.key]).toEqual([bad[0]!.value as Buffer, bad[0]!.key as Buffer])
    expect(new Set(member.bad.map(each => each.reason)).size).toBe(4)
    await member.leave()
  }, 60_000)

  test('messages that retention took before they were read are counted; the note of the group stays', async () => {
    const topic = await freshTopic(1)
    await publish(topic, 1, numbered('old', 100))
    const first = readingMember(client, topic, topic)
    await until('all is read', () => first.lines.length === 100)
    await first.leave()
    await publish(topic, 1, numbered('lost', 50))
    const admin = await client.admin()
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '150' }] })
    await publish(topic, 1, numbered('new', 5))
    const second = readingMember(client, topic, topic)
    await until('the rest is read', () => second.lines.length === 5)
    expect(second.gone).toBe(50)
    const [owned] = [...second.owned.values()]
    await second.leave()
    expect(owned!.committed).toEqual({ next: 100, note: '0 up to 100' })
  }, 60_000)

  test('a reader that retention overtakes goes on; the note of the group stays', async () => {
    const topic = await freshTopic(1)
    const small = clientOf(server.brokers, { maxFetchBytes: 64 << 10 })
    // One request each: what was written together is read together.
    for (const text of numbered('line', 100)) await publish(topic, 1, [text.padEnd(10_000)])
    const gone: number[] = []
    const got = Promise.withResolvers<OwnedPartition>()
    const member = joinGroup(
      small,
      { topic, groupId: topic, read: linesOf },
      {
        ...{ assigned: got.resolve, lost: () => undefined, joined: () => undefined },
        ...{ failed: got.reject, gone: (_, messages) => gone.push(messages) },
      },
    )
    const owned = await got.promise
    owned.seek(0)
    const first = await owned.take(1, 10_000)
    await owned.commit(first!.next, 'a note')
    const admin = await client.admin()
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '90' }] })
    const offsets: number[] = []
    const readTo = (end: number) =>
      until('it is read to its end', async () => {
        const given = await owned.take(1000, 100)
        offsets.push(...(given?.lines.map(({ offset }) => offset) ?? []))
        return given?.next === end
      })
    await readTo(100)
    const before = offsets.indexOf(90)
    expect(offsets.slice(before)).toEqual(Array.from({ length: 10 }, (_, i) => 90 + i))
    expect(gone).toEqual([90 - 1 - offsets[before - 1]!])
    const committed = async () =>
      (await admin.fetchOffsets({ groupId: topic, topics: [topic] }))[0]!.partitions[0]!
    await until('the note is there again', async () => (await committed()).metadata === 'a note')
    expect((await committed()).offset).toBe(`${first!.next}`)
    await member.leave()
    await small.close()
  }, 60_000)
})
