import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Bus, BusMessage } from '../../src/bus/bus.ts'
import { batchOf, codeOf, commitAll, readAll, takeAll, textsOf } from './messages.ts'

export interface BusDriver {
  open(place: string): Promise<Bus>
  /** Path of a module that exports `open`, for child processes. */
  module: string
  /** Makes an empty bus; what it gives is what `open` takes. */
  create(): Promise<string>
  remove(place: string): Promise<void>
}

/** What every driver of the bus must do, however many partitions its topics have. */
export const busContract = (name: string, driver: BusDriver): void => {
  describe(name, () => {
    let place = ''
    let bus: Bus
    let topics = 0
    const freshTopic = (): string => `topic-${++topics}`
    const publisher = (...args: (string | number)[]) =>
      Bun.spawn(
        [process.execPath, join(import.meta.dir, 'publisher.ts'), driver.module, place].concat(
          args.map(String),
        ),
        { stdout: 'pipe', stderr: 'inherit' },
      )

    beforeAll(async () => {
      place = await driver.create()
      bus = await driver.open(place)
    })
    afterAll(async () => {
      await bus.close()
      await driver.remove(place)
    })

    test('gives every message as it was published, those of a key in order', async () => {
      const topic = freshTopic()
      const sent = [0, 1, 2].flatMap(batch => ['a', 'b'].map(key => batchOf(key, batch, 500)))
      for (const messages of sent) await bus.publish(topic, messages)
      const consumer = await bus.subscribe(topic, 'group')
      const taken = await takeAll(consumer, 3000)
      for (const key of ['a', 'b']) {
        const messages = taken.filter(message => message.key === key)
        expect(
          messages.map(({ offset: _, partition: __, ...message }): BusMessage => message),
        ).toEqual(sent.flat().filter(message => message.key === key))
        expect(new Set(messages.map(({ partition }) => partition)).size).toBe(1)
      }
      await consumer.close()
    })

    test('gives at most what was asked for; offsets of a partition rise from batch to batch', async () => {
      const topic = freshTopic()
      await bus.publish(topic, batchOf('a', 0, 1000))
      const consumer = await bus.subscribe(topic, 'group')
      const next = new Map<number, number>()
      let count = 0
      while (count < 1000) {
        const batch = (await consumer.take(70, 5000))!
        expect(batch.messages.length).toBeWithin(1, 71)
        for (const { offset } of batch.messages) {
          expect(offset).toBeGreaterThanOrEqual(next.get(batch.partition) ?? 0)
          next.set(batch.partition, offset + 1)
        }
        expect(batch.next).toBe(next.get(batch.partition)!)
        count += batch.messages.length
      }
      expect(await consumer.take(70, 10)).toBeUndefined()
      await consumer.close()
    })

    test('a consumer that waits gets what another handle publishes', async () => {
      const topic = freshTopic()
      const other = await driver.open(place)
      const consumer = await bus.subscribe(topic, 'group')
      const waiting = consumer.take(10, 30_000)
      await other.publish(topic, batchOf('a', 0, 1))
      expect(textsOf((await waiting)!.messages)).toEqual(textsOf(batchOf('a', 0, 1)))
      await consumer.close()
      await other.close()
    })

    test('a group goes on from its commit, in the middle of a batch too; others do not care', async () => {
      const topic = freshTopic()
      await bus.publish(topic, batchOf('a', 0, 300))
      const first = await bus.subscribe(topic, 'one')
      const taken = await takeAll(first, 200)
      await commitAll(first, taken.slice(0, 123))
      await first.close()
      const second = await bus.subscribe(topic, 'one')
      expect(textsOf(await takeAll(second, 177))).toEqual(textsOf(batchOf('a', 0, 300).slice(123)))
      expect(await second.take(1, 10)).toBeUndefined()
      const other = await bus.subscribe(topic, 'two')
      expect(await takeAll(other, 300)).toHaveLength(300)
      await second.close()
      await other.close()
    })

    test('a subscriber may begin elsewhere than at the commit, but not beyond the end', async () => {
      const topic = freshTopic()
      await bus.publish(topic, batchOf('a', 0, 100))
      const first = await bus.subscribe(topic, 'group')
      const taken = await takeAll(first, 100)
      await commitAll(first, taken)
      await first.close()
      const { partition, offset } = taken[40]!
      const again = await bus.subscribe(topic, 'group', new Map([[partition, offset]]))
      expect(textsOf(await takeAll(again, 60))).toEqual(textsOf(taken.slice(40)))
      await again.close()
      const beyond = new Map([[partition, taken[99]!.offset + 2]])
      expect(await codeOf(bus.subscribe(topic, 'group', beyond))).toBe('CONFLICT')
    })

    test('a commit of what there is not is refused', async () => {
      const topic = freshTopic()
      await bus.publish(topic, batchOf('a', 0, 10))
      const consumer = await bus.subscribe(topic, 'group')
      const { partition } = (await consumer.take(1, 5000))!
      expect(await codeOf(consumer.commit(partition, 1_000_000))).toBe('BAD_INPUT')
      expect(await codeOf(consumer.commit(partition, -1))).toBe('BAD_INPUT')
      expect(await codeOf(consumer.commit(99_999, 1))).toBe('BAD_INPUT')
      await consumer.close()
    })

    test('lag tells the end and what a group has dealt with', async () => {
      const topic = freshTopic()
      const sum = async (group: string): Promise<[end: number, committed: number]> => {
        const list = await bus.lag(topic, group)
        return [
          list.reduce((total, { end }) => total + end, 0),
          list.reduce((total, { committed }) => total + committed, 0),
        ]
      }
      expect(await sum('group')).toEqual([0, 0])
      await bus.publish(topic, batchOf('a', 0, 100))
      const consumer = await bus.subscribe(topic, 'group')
      await commitAll(consumer, (await takeAll(consumer, 100)).slice(0, 30))
      expect(await sum('group')).toEqual([100, 30])
      expect(await sum('stranger')).toEqual([100, 0])
      await consumer.close()
    })

    test('reads a stretch by offsets and by time of arrival', async () => {
      const topic = freshTopic()
      for (let batch = 0; batch < 10; batch++) await bus.publish(topic, batchOf('a', batch, 100))
      const all = await readAll(bus, topic)
      expect(all).toHaveLength(1000)
      const { partition } = all[0]!
      const texts = async (range: object): Promise<string[]> => {
        const list: string[] = []
        for await (const batch of bus.read(topic, { partition, ...range })) {
          list.push(...textsOf(batch.messages))
        }
        return list
      }
      const [from, to] = [all[150]!.offset, all[450]!.offset]
      expect(await texts({ from, to })).toEqual(textsOf(all.slice(150, 450)))
      const [since, until] = [all[300]!.arrived, all[700]!.arrived]
      expect(await texts({ since, until })).toEqual(textsOf(all.slice(300, 700)))
      expect(await texts({ from, until: since })).toEqual(textsOf(all.slice(150, 300)))
      expect(await texts({ from: to, to: from })).toEqual([])
    })

    test('fetches single messages in the order asked for; undefined where there is none', async () => {
      const topic = freshTopic()
      for (let batch = 0; batch < 4; batch++) await bus.publish(topic, batchOf('a', batch, 200))
      const all = await readAll(bus, topic)
      const { partition, offset: last } = all.at(-1)!
      const wanted = [700, 3, 3, 799, 250].map(i => all[i]!)
      const offsets = [...wanted.map(({ offset }) => offset), last + 1, -1]
      const found = await bus.fetch(topic, partition, offsets)
      expect(found.slice(5)).toEqual([undefined, undefined])
      expect(found.slice(0, 5).map(message => ({ ...message!, partition }))).toEqual(wanted)
      expect(await bus.fetch('no-such-topic', 0, [1])).toEqual([undefined])
    })

    test('texts, sources and keys of any well-formed kind come back as they were', async () => {
      const topic = freshTopic()
      const odd = [
        '',
        '\n',
        'a\nb\r\n',
        '\0',
        '\uFEFFx',
        'ß→🦊',
        '\u2028',
        '"\\',
        ' '.repeat(70_000),
      ]
      const sent = odd.map(text => ({ text, source: text, arrived: 5, key: 'k' }))
      await bus.publish(topic, sent)
      await bus.publish(topic, [{ text: 'no key', source: 's', arrived: 6 }])
      const taken = await readAll(bus, topic)
      expect(
        taken.filter(({ key }) => key === 'k').map(({ text, source }) => [text, source]),
      ).toEqual(odd.map(text => [text, text]))
      expect(Object.keys(taken.find(({ text }) => text === 'no key')!)).not.toContain('key')
    })

    test('takes all messages or none; an empty list is no message', async () => {
      const topic = freshTopic()
      await bus.publish(topic, [])
      const bad = [...batchOf('a', 0, 10), { text: 'x', source: 's', arrived: Number.NaN }]
      expect(await codeOf(bus.publish(topic, bad))).toBe('BAD_INPUT')
      expect(await codeOf(bus.publish('no/topic', batchOf('a', 0, 1)))).toBe('BAD_INPUT')
      await bus.publish(topic, batchOf('b', 0, 10))
      expect(textsOf(await readAll(bus, topic))).toEqual(textsOf(batchOf('b', 0, 10)))
    })

    test('publishers at once each keep their order and share no offset', async () => {
      const topic = freshTopic()
      const children = ['one', 'two'].map(child => publisher(topic, child, 40, 50))
      const mine = await driver.open(place)
      for (let batch = 0; batch < 40; batch++) await mine.publish(topic, batchOf('me', batch, 50))
      for (const child of children) expect(await child.exited).toBe(0)
      await mine.close()
      const all = await readAll(bus, topic)
      expect(new Set(all.map(({ partition, offset }) => `${partition} ${offset}`)).size).toBe(6000)
      for (const key of ['one', 'two', 'me']) {
        const sent = Array.from({ length: 40 }, (_, batch) => batchOf(key, batch, 50)).flat()
        expect(textsOf(all.filter(message => message.key === key))).toEqual(textsOf(sent))
      }
    }, 60_000)

    test('nothing acknowledged is lost when the publisher is killed', async () => {
      const topic = freshTopic()
      for (const [round, after] of [1, 7, 40].entries()) {
        const key = `killed-${round}`
        const child = publisher(topic, key, 1_000_000, 20)
        let output = ''
        for await (const bytes of child.stdout) {
          output += new TextDecoder().decode(bytes)
          if (output.split('\n').length > after) child.kill('SIGKILL')
        }
        const acknowledged = output.split('\n').length - 1
        expect(acknowledged).toBeGreaterThanOrEqual(after)
        const kept = new Set(textsOf((await readAll(bus, topic)).filter(m => m.key === key)))
        const sent = Array.from({ length: acknowledged }, (_, batch) => batchOf(key, batch, 20))
        expect(textsOf(sent.flat()).filter(text => !kept.has(text))).toEqual([])
      }
    }, 60_000)

    test('messages and commits are there when it is opened again', async () => {
      const topic = freshTopic()
      const before = await driver.open(place)
      const publishing = before.publish(topic, batchOf('a', 0, 100))
      await before.close()
      await publishing
      const between = await driver.open(place)
      const consumer = await between.subscribe(topic, 'group')
      await commitAll(consumer, await takeAll(consumer, 60))
      await consumer.close()
      await between.close()
      const after = await driver.open(place)
      const again = await after.subscribe(topic, 'group')
      expect(textsOf(await takeAll(again, 40))).toEqual(textsOf(batchOf('a', 0, 100).slice(60)))
      await after.close()
    })

    test('what is closed says so; who waits gets nothing', async () => {
      const topic = freshTopic()
      const mine = await driver.open(place)
      const first = await mine.subscribe(topic, 'group')
      const second = await mine.subscribe(topic, 'other')
      const waiting = [first.take(1, 30_000), second.take(1, 30_000)]
      await first.close()
      expect(await codeOf(first.take(1, 0))).toBe('CANCELLED')
      await mine.close()
      expect(await Promise.all(waiting)).toEqual([undefined, undefined])
      expect(await codeOf(second.take(1, 0))).toBe('CANCELLED')
      expect(await codeOf(mine.publish(topic, batchOf('a', 0, 1)))).toBe('CANCELLED')
      await mine.close()
    })
  })
}
