import { describe, expect, test } from 'bun:test'
import { readId } from '../../src/core/sequence/id-shape.ts'
import { createKeyReader, discoverKey, type KeyRule } from '../../src/core/sequence/key.ts'
import type { LogEvent } from '../../src/core/types.ts'
import { eventOf, interleave, randomFrom } from './events.ts'

const shapes = (token: string) => readId(token).map(({ shape, value }) => `${shape} ${value}`)

describe('identifiers', () => {
  const UUID = '38101a0b-2096-447d-96ea-a692162415ae'
  const cases: [string, string[]][] = [
    ['blk_-1608999687919862906', ['blk_#1 blk_-1608999687919862906']],
    ['blk_162', ['blk_#1 blk_162']],
    ['blk_1073741825_1001', ['blk_#1 blk_1073741825', 'blk_#2 blk_1073741825_1001']],
    [UUID, [`uuid ${UUID}`]],
    [`${UUID}_del`, [`uuid ${UUID}`]],
    [`req-${UUID}`, [`req-uuid req-${UUID}`]],
    ['req-a3f29b', ['req-#1 req-a3f29b']],
    ['49a51828322183eb20bfe4ace3060000', ['hex32 49a51828322183eb20bfe4ace3060000']],
    ['10.250.19.102:54106', ['ip:port 10.250.19.102:54106']],
    ['0x14ed93111f20027', ['0x 0x14ed93111f20027']],
    ['worker3', ['worker#1 worker3']],
    ['4711', []],
    ['deadbeef', []],
    ['started', []],
    ['-', []],
  ]
  for (const [token, expected] of cases) {
    test(`${token} is read as ${expected.length === 0 ? 'none' : expected.join(' or ')}`, () => {
      expect(shapes(token)).toEqual(expected)
    })
  }
})

describe('reading keys', () => {
  const keys = (place: KeyRule['place'], rest: Partial<LogEvent> & { text: string }) =>
    createKeyReader({ place, scope: 'source' })(eventOf(rest.text, rest))

  test('by shape finds every distinct id in message and header', () => {
    const place = { by: 'shape', shape: 'job_#2' } as const
    const fields = { context: 'job_2_7' }
    expect(keys(place, { text: 'move job_1_1 to job_1_2_conf, job_1_1', fields })).toEqual([
      'job_1_1',
      'job_1_2',
      'job_2_7',
    ])
  })

  test('by label finds values behind the word, however they are joined', () => {
    const place: KeyRule['place'] = { by: 'label', labels: ['sid'] }
    for (const text of ['sid 4711', 'sid=4711', '[sid: 4711]', 'x sid #4711']) {
      expect(keys(place, { text })).toEqual(['4711'])
    }
    expect(keys(place, { text: 'acid 4711' })).toEqual([])
  })

  test('by field ignores the signs for nothing', () => {
    const place = { by: 'field', field: 'trace' } as const
    expect(keys(place, { text: 'x', fields: { trace: 'abc' } })).toEqual(['abc'])
    expect(keys(place, { text: 'x', fields: { trace: '-' } })).toEqual([])
    expect(keys(place, { text: 'x' })).toEqual([])
  })

  test('by pattern takes its group', () => {
    const place = { by: 'pattern', pattern: 'order <(\\d{1,9})>' } as const
    expect(keys(place, { text: 'order <17> after order <18>' })).toEqual(['17', '18'])
  })

  const unsafe = ['(a+)+b', '(a|ab)*c', '(a{1,9}x?)*', '\\1(a)', '(?<=x)y', 'a*', '(', '.*.*.*.*x']
  for (const pattern of unsafe) {
    test(`the pattern ${pattern} is refused`, () => {
      expect(() => keys({ by: 'pattern', pattern }, { text: 'x' })).toThrow('session pattern')
    })
  }
})

/** Messages of one session each, ids filled in by `id`, shuffled together and numbered. */
const logOf = (
  flows: readonly string[][],
  id: (session: number) => Record<string, string>,
  sessions = 150,
  rest: (session: number) => Partial<LogEvent> = () => ({}),
): LogEvent[] => {
  const random = randomFrom(5)
  const made = Array.from({ length: sessions }, (_, n) => {
    const values = id(n)
    const flow = flows[Math.floor(random() * flows.length)]!
    const skip = random() < 0.2 ? Math.floor(random() * flow.length) : -1
    return flow
      .filter((_, i) => i !== skip)
      .map(text => ({ text: text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? ''), n }))
  })
  return interleave(made, random, 6).map(({ text, n }, i) =>
    eventOf(text, { line: i + 1, ...rest(n) }),
  )
}
const placeOf = (events: LogEvent[]) => discoverKey(events).rule?.place

describe('discovery', () => {
  const flow = [
    ['open {id} by user{u}', 'read {id} part {n}', 'check {id}', 'close {id} after {n} ms'],
    ['open {id} by user{u}', 'write {id} part {n}', 'sync {id}', 'close {id} after {n} ms'],
  ]
  const user = (n: number) => ({ u: String((n * 7) % 9), n: String((n * 13) % 50) })

  test('finds ids of an unknown look', () => {
    const events = logOf(flow, n => ({ ...user(n), id: `zx9-${(n + 7) * 7919}` }))
    expect(placeOf(events)).toEqual({ by: 'shape', shape: 'zx#2' })
  })

  test('finds plain numbers by the word before them', () => {
    const texts = flow.map(f => f.map(text => text.replace('{id}', 'session {id}')))
    const events = logOf(texts, n => ({ ...user(n), id: String(n) }))
    expect(placeOf(events)).toEqual({ by: 'label', labels: ['session'] })
  })

  test('joins the words that name the same number', () => {
    const texts = flow.map(([a, b, c, d]) => [
      a!.replace('{id}', 'session {id}'),
      b!.replace('{id}', 'sid={id}'),
      c!.replace('{id}', 'session {id}'),
      d!.replace('{id}', 'number {id}'),
    ])
    const events = logOf(texts, n => ({ ...user(n), id: String(1000 + n) }))
    expect(placeOf(events)).toEqual({ by: 'label', labels: ['number', 'session', 'sid'] })
  })

  test('leaves out ids of the same look that name other things', () => {
    const texts = flow.map(f => f.map(text => text.replace('{id}', 'box {id}')))
    const uuid = (n: number) => `00000000-0000-4000-a000-${String(n).padStart(12, '0')}`
    const events = logOf(
      texts.map(f => [f[0]!, `${f[1]!} item {other}`, ...f.slice(2)]),
      n => ({ ...user(n), id: uuid(n), other: uuid(100_000 + n) }),
    )
    expect(placeOf(events)).toEqual({ by: 'label', labels: ['box'] })
  })

  test('finds process ids that come and go, and leaves out the one that stays', () => {
    const texts = flow.map(f => f.map(text => text.replace(/ ?\{id\}/, '')))
    const events = logOf(texts, user, 150, n => ({ process: n % 5 === 0 ? '1' : String(2000 + n) }))
    const { rule } = discoverKey(events)
    expect(rule).toMatchObject({ place: { by: 'field', field: 'process' }, except: ['1'] })
  })

  test('does not take users, hosts or counts for sessions', () => {
    const texts = flow.map(f => f.map(text => text.replace('{id}', 'on host{h}')))
    const events = logOf(texts, n => ({ ...user(n), h: String(n % 12) }))
    expect(placeOf(events)).toBeUndefined()
  })

  test('does not take ids that stand in one line only', () => {
    const events = Array.from({ length: 500 }, (_, i) =>
      eventOf(`${['sent', 'got', 'kept'][i % 3]} msg_${i}`, { line: i + 1 }),
    )
    expect(placeOf(events)).toBeUndefined()
  })

  test('takes files that begin alike and end for whole sessions', () => {
    const random = randomFrom(8)
    const texts = [
      'start up',
      'load plan',
      'map part',
      'map part',
      'spill',
      'merge',
      'commit',
      'stop',
    ]
    const files = Array.from({ length: 30 }, (_, n) =>
      texts
        .filter(() => random() < 0.9)
        .map((text, i) =>
          eventOf(i === 0 ? 'start up' : text, { line: i + 1, source: `run-${n}` }),
        ),
    )
    expect(placeOf(files.flat())).toEqual({ by: 'source' })
    const pieces = files.map(file => file.slice(Math.floor(random() * 6)))
    expect(placeOf(pieces.flat())).toBeUndefined()
  })

  test('a trace that crosses services is global, a process id is not', () => {
    const events = logOf(flow, n => ({ ...user(n), id: `tr-${1e6 + n}` })).map((event, i) => ({
      ...event,
      source: `pod-${i % 3}`,
    }))
    expect(discoverKey(events).rule?.scope).toBe('global')
    const texts = flow.map(f => f.map(text => text.replace(/ ?\{id\}/, '')))
    const pids = logOf(texts, user, 300, n => ({
      source: `host-${n % 3}`,
      process: String(100 + ((n * 7919) % 211)),
    }))
    expect(discoverKey(pids).rule).toMatchObject({
      place: { by: 'field', field: 'process' },
      scope: 'source',
    })
  })

  test('learns whether ids are used again after a silence', () => {
    const slots = logOf(flow, n => ({ ...user(n), id: `slot_${n % 100}` }), 200)
    const ids = logOf(flow, n => ({ ...user(n), id: `slot_${n}` }), 200)
    expect(discoverKey(slots).rule).toMatchObject({ reused: true })
    expect(discoverKey(ids).rule).toMatchObject({ reused: false })
  })

  test('says what it looked at, and gives up on nothing', () => {
    const choice = discoverKey(logOf(flow, n => ({ ...user(n), id: `job-${n}` })))
    const [best, ...others] = choice.evidence
    expect(best?.name).toBe('id job-#1')
    expect(best?.told).toBeGreaterThan(1)
    expect(others.find(e => e.name === 'id user#1')?.against).toBeDefined()
    expect(discoverKey([])).toMatchObject({ rule: undefined, evidence: [] })
    expect(discoverKey([eventOf('a=b c=')]).rule).toBeUndefined()
  })
})
