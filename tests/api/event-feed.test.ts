import { expect, test } from 'bun:test'
import { createEventFeed, type EventFilter, type FeedReader } from '../../src/api/event-feed.ts'
import type { StoredEvent } from '../../src/db/database.ts'
import { databases } from '../db/folder.ts'

const { open, path } = databases()

const event = (n: number): Omit<StoredEvent, 'id'> => ({
  type: 'anomaly',
  data: `{"n":${n}}`,
  kind: n % 2 === 0 ? 'count' : 'sequence',
  source: `s${n % 3}`,
  score: n,
})
const fill = (db: ReturnType<typeof open>, from: number, to: number): void =>
  db.transaction(() => {
    for (let n = from; n <= to; n++) db.events.add(event(n))
  })

/** All that a reader gives now, as ids or types, and what it lost. */
const drain = (reader: FeedReader): { ids: (number | string)[]; lost: number } => {
  const ids: (number | string)[] = []
  let lost = 0
  for (;;) {
    const chunk = reader.read()
    lost += chunk.lost
    for (const block of new TextDecoder().decode(chunk.bytes).split('\n\n').slice(0, -1)) {
      const id = /^id: (\d+)/.exec(block)?.[1]
      ids.push(id === undefined ? /event: (\w+)/.exec(block)![1]! : Number(id))
    }
    if (!chunk.more) return { ids, lost }
  }
}
const span = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await Bun.sleep(1)
}

test('events of this thread and of others come once each, in the order of their ids', async () => {
  const file = path()
  const [main, worker] = [open(file), open(file)]
  const feed = createEventFeed(main.events)
  const reader = feed.reader()
  fill(worker, 1, 3)
  // What others stored before comes before what this thread adds.
  expect(feed.publish(event(4))).toBe(4)
  fill(worker, 5, 6)
  expect(drain(reader).ids).toEqual([1, 2, 3, 4])
  feed.advance()
  feed.transient('stats', { lines: 1 })
  expect(drain(reader).ids).toEqual([5, 6, 'stats'])
  expect(drain(reader).ids).toEqual([])
  feed.close()
})

test('a reader goes on behind its id, whether that is in memory, in the table only, or unknown', async () => {
  const db = open()
  fill(db, 1, 1000)
  const feed = createEventFeed(db.events, { kept: 50 })
  fill(db, 1001, 1500)
  feed.advance()
  await until(() => drain(feed.reader(1499)).ids.length === 1)
  for (const after of [0, 400, 999, 1000, 1460, 1499, 1500]) {
    expect(drain(feed.reader(after))).toEqual({ ids: span(after + 1, 1500), lost: 0 })
  }
  // One that another thread has given out, and this one has not read yet.
  fill(db, 1501, 1510)
  const early = feed.reader(1505)
  expect(drain(early).ids).toEqual([])
  feed.advance()
  expect(drain(early).ids).toEqual(span(1506, 1510))
  // One that is not given out yet is of another database.
  expect(drain(feed.reader(9999)).ids).toEqual(span(1, 1510))
  expect(drain(feed.reader()).ids).toEqual([])
  feed.close()
})

test('a slow reader catches up from the table; what that has no longer is counted', () => {
  const db = open()
  const feed = createEventFeed(db.events, { kept: 10 })
  const slow = feed.reader()
  const gone = feed.reader()
  for (let n = 1; n <= 100; n++) feed.publish(event(n))
  expect(drain(slow)).toEqual({ ids: span(1, 100), lost: 0 })
  while (db.events.range().first < 61) {
    db.retain({ now: Date.now(), maxAgeMs: 1e12, maxEvents: 40, maxAnomalies: 10 })
  }
  expect(drain(gone)).toEqual({ ids: span(61, 100), lost: 60 })
  expect(drain(feed.reader(10))).toEqual({ ids: span(61, 100), lost: 50 })
  feed.close()
})

test('memory is bounded in bytes, too', () => {
  const db = open()
  const feed = createEventFeed(db.events, { keptBytes: 2000 })
  const reader = feed.reader()
  for (let n = 1; n <= 30; n++) {
    feed.publish({ type: 'rca', data: JSON.stringify('x'.repeat(500)) })
  }
  expect(drain(reader).ids).toEqual(span(1, 30))
  feed.close()
})

test('a filter is the same in memory and in the table, and bytes are shared by who reads alike', () => {
  const db = open()
  fill(db, 1, 500)
  const feed = createEventFeed(db.events)
  for (let n = 501; n <= 520; n++) feed.publish(event(n))
  const odd: EventFilter = { key: 'odd', accepts: each => each.kind === 'sequence' }
  expect(drain(feed.reader(0, odd)).ids).toEqual(span(1, 520).filter(n => n % 2 === 1))
  const [one, two] = [feed.reader(500), feed.reader(500)]
  expect(one.read().bytes).toBe(two.read().bytes)
  feed.close()
})

test('who waits is woken by an event, and by the heartbeat', async () => {
  const db = open()
  const feed = createEventFeed(db.events, { heartbeatMs: 20 })
  let woken = 0
  const wait = async (): Promise<void> => {
    await feed.changed()
    woken++
  }
  const first = wait()
  feed.publish(event(1))
  await first
  await wait()
  expect(woken).toBe(2)
  feed.close()
})

test('many rows are read a page at a time, in order and once each', async () => {
  const db = open()
  const feed = createEventFeed(db.events)
  const reader = feed.reader()
  fill(db, 1, 900)
  feed.advance()
  feed.advance()
  const got: (number | string)[] = []
  await until(() => got.push(...drain(reader).ids) >= 900)
  expect(got).toEqual(span(1, 900))
  feed.close()
})
