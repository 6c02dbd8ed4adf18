import { describe, expect, test } from 'bun:test'
import type { Decisions } from '../../src/api/deps.ts'
import type { OwnedPartition, Taken } from '../../src/bus/kafka/group.ts'
import type { StreamState } from '../../src/core/pipeline/stream-types.ts'
import type { LogLine } from '../../src/core/types.ts'
import type { Database } from '../../src/db/database.ts'
import { MOST_NOTE, readNote, writeNote } from '../../src/serve/kafka/commit-note.ts'
import type { Decision, DecisionRecord } from '../../src/serve/kafka/decision-record.ts'
import { createInOrder } from '../../src/serve/kafka/in-order.ts'
import { createLineStore } from '../../src/serve/kafka/line-store.ts'
import { createMergeReader } from '../../src/serve/kafka/merge-reader.ts'
import type { RawMessage } from '../../src/serve/kafka/raw.ts'
import { newReport } from '../../src/serve/kafka/read-report.ts'
import { createSharedDecisions } from '../../src/serve/kafka/shared-decisions.ts'
import type { SortedMessage } from '../../src/serve/kafka/sorted-record.ts'
import { createStateTopic, type RawRecord } from '../../src/serve/kafka/state-topic.ts'
import { createTaughtBook } from '../../src/serve/kafka/taught-book.ts'

const lineAt = (position: number, text = `line ${position}`): LogLine & { position: number } => ({
  ...{ text, source: 's', arrived: 1000 + position, position },
})

describe('lines of what is open', () => {
  test('are found by place; what nobody asks for goes, and the oldest when there is no room', () => {
    const store = createLineStore([], { mostChars: 100, slack: 50 })
    store.add(Array.from({ length: 20 }, (_, i) => lineAt(3 * i, 'ten chars.')))
    expect(store.get(30)?.position).toBe(30)
    expect(store.get(31)).toBeUndefined()
    expect(store.crowded).toBe(true)
    store.keep([57, 3, 3, 9])
    expect(store.all().map(({ position }) => position)).toEqual([3, 9, 57])
    expect([store.crowded, store.dropped]).toEqual([false, 0])
    store.add(Array.from({ length: 20 }, (_, i) => lineAt(100 + i, 'ten chars.')))
    store.keep(store.all().map(({ position }) => position))
    expect(store.all().map(({ position }) => position)).toEqual([
      110, 111, 112, 113, 114, 115, 116, 117, 118, 119,
    ])
    expect(store.dropped).toBe(13)
  })
})

describe('the note beside an offset', () => {
  const note = {
    at: 7,
    state: { partition: 2, first: 1e12, last: 1e12 + 9, id: 'log-input/5/ab', made: 1.8e12 },
    ticks: [{ partition: 5, next: 1e13, ms: 500 }],
  }
  test('is read as it was written; that of others is none', () => {
    expect(readNote(writeNote(note), 5)).toEqual(note)
    for (const other of ['', 'x', '{}', '[2,1]', '17', 'null']) {
      expect(readNote(other, 5)).toBeUndefined()
    }
  })
  test('has room for all ticks that may stand in it', () => {
    const ticks = Array.from({ length: 101 }, () => ({ partition: 5, next: 2 ** 53, ms: 2000 }))
    const id = `${'t'.repeat(249)}/99999/${crypto.randomUUID()}`
    expect(writeNote({ ...note, state: { ...note.state, id }, ticks }).length).toBeLessThan(
      MOST_NOTE,
    )
  })
})

describe('what workers remember', () => {
  const topic = () => {
    const log: RawRecord[] = []
    const states = createStateTopic({
      ...{ input: 'log-input', partitions: 3 },
      async publish(_, records) {
        const first = log.length
        // An acknowledgement was lost: the first record is there twice.
        log.push(records[0]!, ...records)
        return { first, last: log.length - 1 }
      },
      async *read(_, first, last) {
        yield* log.slice(first, last + 1)
      },
    })
    return { log, states }
  }
  const state = { kind: 'stream/1', model: { name: 'm', version: 'v' } } as StreamState
  const noise = (): string =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64')
  const lines = Array.from({ length: 20 }, (_, i) => ({
    ...lineAt(i, noise()),
    ...{ origin: `1/${i}/0`, keys: ['k'] },
  }))

  test('comes back as it was, in pieces that a broker takes', async () => {
    const { log, states } = topic()
    const place = await states.save(4, { state, lines, reader: { count: 3 } })
    expect(place.partition).toBe(1)
    expect(log.length).toBeGreaterThan(3)
    for (const { value } of log) expect(value!.length).toBeLessThanOrEqual(512 << 10)
    expect(await states.load(place)).toEqual({ state, lines, reader: { count: 3 } })
  })
  test('that is not whole, or damaged, is none', async () => {
    const { log, states } = topic()
    const place = await states.save(0, { state, lines })
    expect(await states.load({ ...place, last: place.last - 1 })).toBeUndefined()
    log[2] = { ...log[2]!, value: log[2]!.value!.map(byte => byte ^ 1) }
    expect(await states.load(place)).toBeUndefined()
    expect(await states.load({ ...place, id: 'another' })).toBeUndefined()
  })
  test('is removed piece by piece under its own keys', async () => {
    const { log, states } = topic()
    const place = await states.save(0, { state, lines })
    const keys = new Set(log.map(({ key }) => key))
    const end = log.length
    await states.remove(place)
    expect(new Set(log.slice(end).map(({ key, value }) => (value === null ? key : '')))).toEqual(
      keys,
    )
  })
})

/** A partition that gives what it is told to. */
const partitionOf = (messages: SortedMessage[], from = 0): OwnedPartition<SortedMessage> => {
  let at = 0
  const rest = messages.filter(({ offset }) => offset >= from)
  return {
    ...{ partition: 0, committed: undefined, start: 0, end: messages.length, owned: true },
    latestEnd: () => messages.length,
    get atEnd() {
      return at >= rest.length
    },
    seek: () => undefined,
    async take(most): Promise<Taken<SortedMessage> | undefined> {
      const lines = rest.slice(at, at + Math.min(most, 2))
      at += lines.length
      if (lines.length === 0) return undefined
      return { lines, bad: [], next: lines.at(-1)!.offset + 1, atEnd: at >= rest.length }
    },
    commit: async () => undefined,
  }
}

describe('sorted lines', () => {
  const sorted = (offset: number, from: number, at: number, position: number): SortedMessage => ({
    ...{ offset, from, at },
    line: { text: `${from}/${position}`, source: 's', arrived: at, position, copy: 0, keys: ['k'] },
  })
  const mark = (offset: number, from: number, at: number): SortedMessage => ({ offset, from, at })
  const reading = { inputs: 2, taken: () => undefined, unreadable: async () => undefined }
  const open = (owned: OwnedPartition<SortedMessage>, memory?: unknown, next = 0) =>
    createMergeReader({
      ...{ ...reading, owned, memory, next, saved: undefined },
      overtaken: () => undefined,
    })
  const textsOf = async (reader: ReturnType<typeof open>, turns = 20): Promise<string[]> => {
    const texts: string[] = []
    for (let turn = 0; turn < turns; turn++) {
      const input = await reader.next(100, 0)
      if (input?.kind === 'lines') texts.push(...input.lines.map(({ text }) => text))
    }
    return texts
  }

  test('come in the order of their times, whoever was faster, and each once', async () => {
    const one = [
      sorted(0, 0, 10, 1),
      sorted(1, 0, 30, 2),
      sorted(2, 0, 50, 3),
      sorted(3, 1, 20, 1),
      sorted(4, 1, 40, 2),
      mark(5, 1, 100),
      mark(6, 0, 100),
    ]
    // The worker of partition 0 died, and the next one wrote some again.
    const other = [
      sorted(0, 1, 20, 1),
      sorted(1, 0, 10, 1),
      sorted(2, 0, 30, 2),
      sorted(3, 1, 40, 2),
      sorted(4, 0, 10, 1),
      sorted(5, 0, 30, 2),
      sorted(6, 0, 50, 3),
      mark(7, 0, 100),
      mark(8, 1, 100),
    ]
    const order = ['0/1', '1/1', '0/2', '1/2', '0/3']
    expect(await textsOf(open(partitionOf(one)))).toEqual(order)
    expect(await textsOf(open(partitionOf(other)))).toEqual(order)
  })
  test('wait for a partition that has not come so far', async () => {
    const reader = open(partitionOf([sorted(0, 0, 10, 1), sorted(1, 0, 30, 2), mark(2, 1, 20)]))
    expect(await textsOf(reader)).toEqual(['0/1'])
    expect([reader.resume, reader.caughtUp, reader.replaying]).toEqual([1, false, true])
  })
  test('go on elsewhere from what is remembered, without one twice or none', async () => {
    const all = [
      sorted(0, 0, 10, 1),
      sorted(1, 0, 30, 2),
      sorted(2, 1, 20, 1),
      mark(3, 1, 25),
      sorted(4, 1, 40, 2),
      mark(5, 0, 100),
      mark(6, 1, 100),
    ]
    const first = open(partitionOf(all.slice(0, 4)))
    expect(await textsOf(first)).toEqual(['0/1', '1/1'])
    const memory = JSON.parse(JSON.stringify(first.memory()))
    const second = open(partitionOf(all, first.resume), memory, first.resume)
    expect(second.position).toBe(2)
    expect(await textsOf(second)).toEqual(['0/2', '1/2'])
    expect([second.position, second.resume]).toEqual([4, 7])
  })
  test('whose times go back stay in their order', async () => {
    const back = [sorted(0, 0, 50, 1), sorted(1, 0, 10, 2), mark(2, 0, 90), mark(3, 1, 90)]
    expect(await textsOf(open(partitionOf(back)))).toEqual(['0/1', '0/2'])
  })
})

test('what people say is normal is taught until it is taken back, by everybody alike', () => {
  const book = createTaughtBook()
  const say = (id: string, decision: Decision): boolean =>
    book.take({ id, at: 0, after: [], decision })
  const judge = (anomaly: string, verdict: 'normal' | 'real'): Decision => ({
    ...{ type: 'judge', anomaly, given: { verdict } },
    taught: {
      ...(verdict === 'normal' && { course: { kind: 'key', templates: [anomaly] } }),
      templates: verdict === 'normal' ? ['t'] : [],
    },
  })
  const merge = { kind: 'merge' as const, templates: ['a', 'b'], value: {} }
  expect(say('1', judge('x', 'normal'))).toBe(true)
  expect(say('2', judge('y', 'normal'))).toBe(true)
  expect(say('3', { type: 'edit', edit: merge })).toBe(true)
  expect(say('4', { type: 'suppress', given: { reason: 'r' } })).toBe(false)
  expect(book.taught()).toEqual({
    sessions: ['x', 'y'].map(name => ({ kind: 'key', templates: [name] })),
    templates: ['t'],
    aliases: [{ template: 'b', as: 'a' }],
  })
  expect(say('5', judge('x', 'real'))).toBe(true)
  expect(say('6', { type: 'withdraw', anomaly: 'y' })).toBe(true)
  expect(say('7', { type: 'undo edit', edit: '3' })).toBe(true)
  expect(say('8', { type: 'withdraw', anomaly: 'y' })).toBe(false)
  expect(book.taught()).toEqual({ sessions: [], templates: [], aliases: [] })
})

test('a decision comes after what was known when it was made, and before what was not', async () => {
  const done: string[] = []
  const known = Promise.withResolvers<void>()
  const order = createInOrder({
    ...{ from: new Map(), known: known.promise },
    async find(messages) {
      done.push(...messages.map(({ key }) => key))
    },
    async decide({ id }) {
      done.push(id)
    },
  })
  const message = (offset: number): RawMessage => ({
    key: `f${offset}`,
    value: null,
    offset,
    at: 0,
  })
  const decision = (id: string, next: number): DecisionRecord => ({
    ...{ id, at: 0, after: [[0, next]] },
    decision: { type: 'withdraw', anomaly: 'x' },
  })
  const findings = order.findings([0, 1, 2, 3].map(message), 0, 4)
  await order.decision(decision('d2', 2), { partition: 0, offset: 0 })
  await order.decision(decision('d3', 3), { partition: 0, offset: 1 })
  expect(done).toEqual([])
  known.resolve()
  await findings
  expect(done).toEqual(['f0', 'f1', 'd2', 'f2', 'd3', 'f3'])
  expect(order.after()).toEqual([[0, 4]])
  // What it was about has gone from the topic: it is not waited for.
  await order.decision(decision('d9', 9), { partition: 0, offset: 2 })
  order.begins(0, 20)
  await order.findings([message(20)], 0, 21)
  expect(done.slice(6)).toEqual(['d9', 'f20'])
})

test('a decision that does not come back from the brokers says that they are away', async () => {
  const decisions = createSharedDecisions({
    ...{ db: {} as Database, local: () => ({}) as Decisions },
    ...{ publish: async () => undefined, after: () => [], patienceMs: 20 },
  })
  const late = decisions.suppress({ reason: 'r' })
  await expect(late).rejects.toMatchObject({ code: 'AWAY' })
})

test('a report of another node is taken when it is made, and again when it has words', () => {
  const made = { id: 'r', created: 1, report: { found: true } }
  const worded = { ...made, report: { ...made.report, narrative: {} } }
  const take = (given: object | null, known?: typeof made) =>
    newReport(given && Buffer.from(JSON.stringify(given)), id =>
      known?.id === id ? known : undefined,
    )
  expect(take(made)).toEqual(made)
  expect(take(made, made)).toBe(undefined)
  expect(take(worded, made)).toEqual(worded)
  expect(take(worded, worded)).toBe(undefined)
  expect(take(made, worded)).toBe(undefined)
  expect(take({ id: 'r' })).toBe(undefined)
  expect(take(null)).toBe(undefined)
})
