import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { BusMessage } from '../../src/bus/bus.ts'
import {
  createEmbeddedBus,
  type EmbeddedBus,
  type EmbeddedBusOptions,
} from '../../src/bus/embedded.ts'
import { spawnScript } from '../runtime/spawn.ts'
import { busContract } from './contract.ts'
import { batchOf, codeOf, readAll, takeAll, textsOf } from './messages.ts'
import type { ReaderResult, ReaderTask } from './reader.ts'

const create = async (): Promise<string> => join(await mkdtemp(join(tmpdir(), 'bus-')), 'bus.db')
const remove = (place: string): Promise<void> => rm(dirname(place), { recursive: true })

busContract('embedded bus', {
  open: async place => createEmbeddedBus({ file: place }),
  module: join(import.meta.dir, 'open-embedded.ts'),
  create,
  remove,
})

const opened: EmbeddedBus[] = []
const places: string[] = []
const freshFile = async (): Promise<string> => {
  const place = await create()
  places.push(place)
  return place
}
const openBus = async (
  options: Partial<EmbeddedBusOptions> = {},
): Promise<{ bus: EmbeddedBus; file: string }> => {
  const file = options.file ?? (await freshFile())
  const bus = createEmbeddedBus({ ...options, file })
  opened.push(bus)
  return { bus, file }
}
afterEach(async () => {
  for (const bus of opened.splice(0)) await bus.close()
  for (const place of places.splice(0)) await remove(place)
})

const T = 'topic'
/** Words of a command that publishes into a file, see publisher.ts. */
const publisher = (file: string, name: string, batches: number, size: number): string[] => [
  join(import.meta.dir, 'publisher.ts'),
  join(import.meta.dir, 'open-embedded.ts'),
  ...[file, T, name, `${batches}`, `${size}`],
]
const chunksOf = (file: string): { first: number; count: number; bytes: number }[] => {
  const db = new DatabaseSync(file)
  const rows = db.prepare('SELECT first, count, bytes FROM chunk ORDER BY first').all()
  db.close()
  return rows as unknown as { first: number; count: number; bytes: number }[]
}
/** About as large as a line of a real log, and arrived at a time of its own. */
const lines = (count: number, arrived = 0): BusMessage[] =>
  Array.from({ length: count }, (_, i) => ({
    text: `${i} `.padEnd(140, 'x'),
    source: 's',
    arrived,
  }))
const messageOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => '',
    (error: Error) => error.message,
  )
const ALL = { now: 8e15, maxAgeMs: 0, maxBytes: 0 }

describe('storing', () => {
  test('texts that are not well-formed come back as they were', async () => {
    const { bus } = await openBus()
    const odd = ['\uD800', 'a\uDFFFb', '\uD800\n\uDC00', '🦊'.slice(0, 1), '🦊'.slice(1)]
    await bus.publish(
      T,
      odd.map(text => ({ text, source: `s${text}`, arrived: 1.5, key: text })),
    )
    const all = await readAll(bus, T)
    expect(all.map(({ text, source, key }) => [text, source, key])).toEqual(
      odd.map(text => [text, `s${text}`, text]),
    )
    expect(all[0]!.arrived).toBe(1.5)
  })

  test('small requests that come at once share a chunk, a large one is cut into several', async () => {
    const { bus, file } = await openBus()
    await Promise.all(Array.from({ length: 50 }, (_, i) => bus.publish(T, batchOf('a', i, 2))))
    expect(chunksOf(file).map(({ count }) => count)).toEqual([100])
    await bus.publish(T, lines(20_000))
    const large = chunksOf(file).slice(1)
    expect(Math.max(...large.map(({ count }) => count))).toBeLessThanOrEqual(8192)
    expect(Math.max(...large.map(({ bytes }) => bytes))).toBeLessThanOrEqual(1 << 20)
    expect(await readAll(bus, T)).toHaveLength(20_100)
  })

  test('a killed publisher leaves whole requests only', async () => {
    const { bus, file } = await openBus()
    const child = Bun.spawn([process.execPath, ...publisher(file, 'a', 100_000, 5000)], {
      stdout: 'pipe',
    })
    for await (const _ of child.stdout) child.kill('SIGKILL')
    const { length } = await readAll(bus, T)
    expect(length).toBeGreaterThan(0)
    expect(length % 5000).toBe(0)
  }, 30_000)

  test('publishing waits for another process without holding up the thread', async () => {
    const { bus, file } = await openBus()
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    let stored = false
    const publishing = bus.publish(T, lines(10)).then(() => {
      stored = true
    })
    for (let turn = 0; turn < 20; turn++) await Bun.sleep(1)
    expect(stored).toBe(false)
    other.exec('COMMIT')
    other.close()
    await publishing
    expect(await readAll(bus, T)).toHaveLength(10)
  })

  test('a thread reads and commits while this one publishes', async () => {
    const { bus, file } = await openBus()
    const worker = new Worker(new URL('reader.ts', import.meta.url))
    const { promise, resolve, reject } = Promise.withResolvers<ReaderResult>()
    worker.onmessage = event => resolve(event.data as ReaderResult)
    worker.onerror = event => reject(new Error(event.message))
    const task: ReaderTask = { file, topic: T, count: 50_000, commitEvery: 1000 }
    worker.postMessage(task)
    for (let i = 0; i < 100; i++) await bus.publish(T, lines(500))
    expect(await promise).toMatchObject({ count: 50_000, whole: true })
    expect(await bus.lag(T, 'thread')).toEqual([{ partition: 0, end: 50_000, committed: 50_000 }])
    worker.terminate()
  }, 20_000)

  test('a text that is kept does not keep those around it in memory', async () => {
    const { bus } = await openBus()
    for (let i = 0; i < 40; i++) await bus.publish(T, lines(7000))
    const kept: string[] = []
    const heap = (): number => {
      Bun.gc(true)
      return process.memoryUsage().heapUsed
    }
    const before = heap()
    for await (const { messages } of bus.read(T, { partition: 0 })) kept.push(messages[5]!.text)
    expect(kept.length).toBeGreaterThan(100)
    expect(heap() - before).toBeLessThan(8 << 20)
  }, 20_000)
})

describe('back-pressure', () => {
  test('refuses what the slowest group is too far behind for, counts it, and goes on after its commit', async () => {
    const { bus } = await openBus({ maxBacklog: { messages: 1000 } })
    const slow = await bus.subscribe(T, 'slow')
    const quick = await bus.subscribe(T, 'quick')
    await bus.publish(T, lines(900))
    await quick.commit(0, 900)
    const refusal = await messageOf(bus.publish(T, lines(200)))
    expect(refusal).toContain('"slow" has still to read 900 messages')
    expect(await codeOf(bus.publish(T, lines(101)))).toBe('LIMIT')
    expect(bus.refused).toEqual({ backlog: 301, disk: 0, busy: 0 })
    await bus.publish('other-topic', lines(900))
    await bus.publish(T, lines(100))
    await slow.commit(0, 500)
    await bus.publish(T, lines(500))
    expect(bus.backlog(T)).toMatchObject({ group: 'slow', messages: 1000 })
    expect(await codeOf(bus.publish(T, lines(1)))).toBe('LIMIT')
    expect(await bus.forget(T, 'slow')).toBe(true)
    await bus.publish(T, lines(1))
    expect(await readAll(bus, T)).toHaveLength(1501)
  })

  test('bytes are bounded, too; without any group all that is kept counts', async () => {
    const { bus } = await openBus({ maxBacklog: { bytes: 100_000 } })
    await bus.publish(T, lines(600))
    expect(await codeOf(bus.publish(T, lines(600)))).toBe('LIMIT')
    const consumer = await bus.subscribe(T, 'group')
    await consumer.commit(0, 300)
    expect(bus.backlog(T).bytes).toBeWithin(40_000, 44_000)
    expect(await codeOf(bus.publish(T, lines(600)))).toBe('LIMIT')
    await consumer.commit(0, 600)
    expect(bus.backlog(T)).toEqual({ group: 'group', messages: 0, bytes: 0 })
    await bus.publish(T, lines(600))
  })

  test('one request too many is refused though others of its turn are taken', async () => {
    const { bus } = await openBus({ maxBacklog: { messages: 250 } })
    const results = await Promise.allSettled([100, 100, 100, 50].map(n => bus.publish(T, lines(n))))
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(await readAll(bus, T)).toHaveLength(250)
  })
})

describe('retention', () => {
  test('takes whole chunks by age, oldest first', async () => {
    const { bus } = await openBus()
    // What senders say of time does not count.
    for (let i = 0; i < 2; i++) await bus.publish(T, lines(100, 8e15))
    await Bun.sleep(5)
    const later = Date.now()
    for (let i = 0; i < 2; i++) await bus.publish(T, lines(100, 0))
    const gone = await bus.retain({ now: later + 100, maxAgeMs: 100, maxBytes: 1e9 })
    expect(gone.messages).toBe(200)
    const kept = await readAll(bus, T)
    expect(kept.map(({ offset }) => offset)).toEqual(Array.from({ length: 200 }, (_, i) => 200 + i))
    expect(await bus.fetch(T, 0, [199, 200])).toEqual([undefined, expect.anything()])
  })

  test('takes what is beyond the size, and gives the disk its space back', async () => {
    const { bus, file } = await openBus()
    for (let i = 0; i < 200; i++) await bus.publish(T, lines(1000))
    const gone = await bus.retain({ now: 0, maxAgeMs: 1e9, maxBytes: 2_000_000 })
    const kept = await readAll(bus, T)
    expect(kept.length + gone.messages).toBe(200_000)
    expect(kept.length * 141).toBeWithin(1_700_000, 2_000_001)
    expect(gone.freed).toBeGreaterThan(20_000_000)
    await bus.close()
    expect((await stat(file)).size).toBeLessThan(4_000_000)
  }, 20_000)

  test('never takes what a group has not committed', async () => {
    const { bus } = await openBus()
    const slow = await bus.subscribe(T, 'slow')
    const quick = await bus.subscribe(T, 'quick')
    for (let i = 0; i < 10; i++) await bus.publish(T, lines(100))
    await quick.commit(0, 1000)
    expect((await bus.retain(ALL)).messages).toBe(0)
    await slow.commit(0, 350)
    expect((await bus.retain(ALL)).messages).toBe(300)
    expect((await takeAll(slow, 700)).at(-1)!.offset).toBe(999)
    await slow.commit(0, 1000)
    expect((await bus.retain(ALL)).messages).toBe(700)
  })

  test('offsets go on though nothing is left, and who begins too early gets the oldest', async () => {
    const { bus } = await openBus()
    await bus.publish(T, lines(100))
    await bus.retain(ALL)
    expect(await bus.lag(T, 'group')).toEqual([{ partition: 0, end: 100, committed: 100 }])
    await bus.publish(T, lines(5))
    const consumer = await bus.subscribe(T, 'group', new Map([[0, 20]]))
    const taken = await takeAll(consumer, 5)
    expect(taken.map(({ offset }) => offset)).toEqual([100, 101, 102, 103, 104])
  })
})

describe('a full disk', () => {
  test('is said, nothing is half stored, and room made by retention is used', async () => {
    const { bus } = await openBus({ maxFileBytes: 2_000_000 })
    const consumer = await bus.subscribe(T, 'group')
    let stored = 0
    let refusal = ''
    while (refusal === '') {
      refusal = await messageOf(bus.publish(T, lines(1000)))
      if (refusal === '') stored += 1000
    }
    expect(refusal).toContain('full; free space')
    expect(stored).toBeGreaterThan(8000)
    expect(bus.refused.disk).toBe(1000)
    expect((await takeAll(consumer, stored)).at(-1)!.offset).toBe(stored - 1)
    expect(await consumer.take(1, 10)).toBeUndefined()
    await consumer.commit(0, stored)
    expect((await bus.retain(ALL)).messages).toBe(stored)
    await bus.publish(T, lines(1000))
    expect((await takeAll(consumer, 1000)).at(-1)!.offset).toBe(stored + 999)
  }, 20_000)

  test('a file that the system lets grow no more keeps what was acknowledged', async () => {
    const file = await freshFile()
    const run = [process.execPath, ...publisher(file, 'a', 100_000, 500)]
    // Half kilobytes or kilobytes, by shell.
    const child = Bun.spawn(['sh', '-c', 'ulimit -f 4000; exec "$@"', 'sh', ...run], {
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const acknowledged = (await new Response(child.stdout).text()).trim().split('\n').length
    expect(await new Response(child.stderr).text()).toContain('the disk gave an error')
    expect(await child.exited).not.toBe(0)
    const { bus } = await openBus({ file })
    const sent = Array.from({ length: acknowledged }, (_, batch) => batchOf('a', batch, 500)).flat()
    expect(textsOf(await readAll(bus, T))).toEqual(textsOf(sent))
  }, 30_000)

  test('publishing leaves some space for those who read and remove', async () => {
    const { bus } = await openBus({ minFreeBytes: Number.MAX_SAFE_INTEGER })
    expect(await messageOf(bus.publish(T, lines(1)))).toContain('must stay free')
    expect(bus.refused.disk).toBe(1)
    const consumer = await bus.subscribe(T, 'group')
    await consumer.commit(0, 0)
  })
})

describe('the file', () => {
  test('of another kind, of another program or of a newer version is not touched', async () => {
    const file = await freshFile()
    const openError = (): string => {
      try {
        createEmbeddedBus({ file })
        return ''
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_INPUT' })
        return (error as Error).message
      }
    }
    const withDatabase = (run: (db: DatabaseSync) => void): void => {
      const db = new DatabaseSync(file)
      run(db)
      db.close()
    }
    await writeFile(file, 'this is no database at all, only some text '.repeat(40))
    expect(openError()).toContain('no file of a bus')
    await rm(file)
    withDatabase(db => db.exec('CREATE TABLE notes (text)'))
    expect(openError()).toContain('another program')
    withDatabase(db =>
      expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' }),
    )
    await rm(file)
    await createEmbeddedBus({ file }).close()
    withDatabase(db => db.exec('PRAGMA user_version = 99'))
    expect(openError()).toContain('version 99')
    expect(() => createEmbeddedBus({ file: join(file, 'nowhere/bus.db') })).toThrow('folder')
  })

  test('many may make it at once', async () => {
    const file = await freshFile()
    const children = ['a', 'b', 'c', 'd'].map(name =>
      Bun.spawn([process.execPath, ...publisher(file, name, 1, 10)], {
        stderr: 'inherit',
      }),
    )
    for (const child of children) expect(await child.exited).toBe(0)
    const { bus } = await openBus({ file })
    expect(await readAll(bus, T)).toHaveLength(40)
  }, 30_000)

  test('may be shared with a process on Deno', async () => {
    const { bus, file } = await openBus()
    await bus.publish(T, batchOf('bun', 0, 10))
    const [script, ...args] = publisher(file, 'deno', 3, 10)
    const { code, errors } = await spawnScript(
      'deno',
      relative(join(import.meta.dir, '../..'), script!),
      args,
    )
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    const sent = ['bun', 'deno', 'deno', 'deno'].map((name, i) =>
      batchOf(name, Math.max(0, i - 1), 10),
    )
    expect(textsOf(await readAll(bus, T))).toEqual(textsOf(sent.flat()))
  }, 60_000)

  test('a damaged chunk is named with its offset', async () => {
    const { bus, file } = await openBus()
    await bus.publish(T, lines(10))
    const db = new DatabaseSync(file)
    db.exec("UPDATE body SET data = CAST('no header' AS BLOB)")
    db.close()
    expect(await messageOf(readAll(bus, T))).toContain('from offset 0 on failed')
  })
})
