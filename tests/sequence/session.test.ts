import { describe, expect, test } from 'bun:test'
import type { KeyRule } from '../../src/core/sequence/key-rule.ts'
import { createSequencer } from '../../src/core/sequence/session.ts'
import { windowFor } from '../../src/core/sequence/window.ts'
import type { LogEvent, Session } from '../../src/core/types.ts'
import { eventOf, eventsOf, randomFrom } from './events.ts'

const byBlock: KeyRule = { place: { by: 'shape', shape: 'blk_#1' }, scope: 'source' }
const HOUR = 3_600_000

const run = (events: LogEvent[], options: Parameters<typeof createSequencer>[0]): Session[] => {
  const sequencer = createSequencer(options)
  return [...events.flatMap(event => sequencer.push(event)), ...sequencer.flush()]
}
const shape = (sessions: Session[]) =>
  sessions.map(s => `${s.key} ${s.lines.join(',')} ${s.closedBy}`)

describe('sessions by key', () => {
  test('lines of one key make one session, in order of arrival', () => {
    const events = eventsOf(['open blk_1', 'open blk_2', 'done blk_1', 'done blk_2'])
    expect(shape(run(events, { key: byBlock }))).toEqual(['blk_1 1,3 end', 'blk_2 2,4 end'])
  })

  test('a line that names several keys belongs to each, once', () => {
    const [ask] = eventsOf(['delete blk_1 blk_-2 blk_1'])
    expect(shape(run([ask!], { key: byBlock }))).toEqual(['blk_1 1 end', 'blk_-2 1 end'])
  })

  test('a line without a key goes to a window of its source', () => {
    const events = eventsOf(['open blk_1', 'tick', 'done blk_1', 'tick'])
    expect(shape(run(events, { key: byBlock }))).toEqual(['blk_1 1,3 end', 'lines 2-4 2,4 end'])
  })

  test('the same key in two sources is two sessions, unless the rule is global', () => {
    const events = ['a', 'b'].map((source, i) => eventOf('open blk_1', { source, line: i + 1 }))
    expect(run(events, { key: byBlock })).toHaveLength(2)
    const [joined, ...rest] = run(events, { key: { ...byBlock, scope: 'global' } })
    expect(rest).toEqual([])
    expect(joined).toMatchObject({ source: 'a', lines: [1, 2] })
  })

  test('silence in event time closes a session, and the key opens a new one', () => {
    const at = [0, 1000, 20_000]
    const events = at.map((t, i) => eventOf('touch blk_1', { line: i + 1, at: t }))
    expect(shape(run(events, { key: byBlock, idleMs: 5000 }))).toEqual([
      'blk_1 1,2 idle',
      'blk_1 3 end',
    ])
  })

  test('files are read to their end: silence splits only keys that are known to be reused', () => {
    const events = [0, HOUR / 2].map((at, i) => eventOf('touch blk_1', { line: i + 1, at }))
    expect(run(events, { key: { ...byBlock, idleMs: 1000 } })).toHaveLength(1)
    expect(run(events, { key: { ...byBlock, idleMs: 1000, reused: true } })).toHaveLength(2)
  })

  test('a timer closes silent sessions and windows of a quiet stream', () => {
    const sequencer = createSequencer({ key: byBlock, idleMs: 5000 })
    for (const event of eventsOf(['open blk_1', 'tick'], { at: 1000 })) sequencer.push(event)
    expect(sequencer.advance(5000)).toEqual([])
    expect(shape(sequencer.advance(7000))).toEqual(['blk_1 1 idle', 'lines 2-2 2 idle'])
    expect(sequencer.stats).toMatchObject({ open: 0, held: 0 })
  })

  test('a timer that knows no time of day does the same', () => {
    const sequencer = createSequencer({ key: byBlock, idleMs: 5000 })
    for (const event of eventsOf(['open blk_1', 'tick'], { at: 1000 })) sequencer.push(event)
    // It wrote in the time before this.
    expect(sequencer.pass(9000)).toEqual([])
    expect(sequencer.pass(4000)).toEqual([])
    expect(shape(sequencer.pass(2000))).toEqual(['blk_1 1 idle', 'lines 2-2 2 idle'])
  })

  test('the first session after hours of silence is one, also from a snapshot', () => {
    const at = [0, 1, 9 * HOUR, 9 * HOUR + 1, 9 * HOUR + 2]
    const keys = ['a', 'a', 'b', 'b', 'b']
    const events = at.map((time, i) =>
      eventOf(`touch blk_${keys[i]!.charCodeAt(0)}`, { line: i + 1, at: time }),
    )
    const options = { key: byBlock, idleMs: 5000 }
    for (const cut of [0, 2, 3, 4]) {
      const first = createSequencer(options)
      const before = events.slice(0, cut).flatMap(event => first.push(event))
      const second = createSequencer(options, JSON.parse(JSON.stringify(first.snapshot())))
      const after = events.slice(cut).flatMap(event => second.push(event))
      const sessions = [...before, ...after, ...second.flush()]
      expect(shape(sessions)).toEqual(['blk_97 1,2 idle', 'blk_98 3,4,5 end'])
    }
  })

  test('real silence shorter than that in event time ends only what is silent', () => {
    const sequencer = createSequencer({ key: byBlock, idleMs: 300_000, quietMs: 10_000 })
    const closed: string[] = []
    sequencer.push(eventOf('open blk_1', { line: 1, at: 0, source: 'dead' }))
    for (let i = 0; i < 40; i++) {
      sequencer.push(eventOf('touch blk_2', { line: i + 1, at: 2000 * i, source: 'alive' }))
      for (let tick = 0; tick < 4; tick++) closed.push(...shape(sequencer.pass(500)))
    }
    expect(closed).toEqual(['blk_1 1 idle'])
    expect(sequencer.stats.late).toBe(0)
  })

  test('a long session is cut and goes on under the same key', () => {
    const events = eventsOf(Array(5).fill('touch blk_1'))
    expect(shape(run(events, { key: byBlock, maxLength: 2 }))).toEqual([
      'blk_1 1,2 length',
      'blk_1 3,4 length',
      'blk_1 5 end',
    ])
  })

  test('beyond the bounds the least recently used session is closed and counted', () => {
    const texts = ['a blk_1', 'a blk_2', 'b blk_1', 'a blk_3', 'c blk_1']
    expect(shape(run(eventsOf(texts), { key: byBlock, maxOpen: 2 }))).toEqual([
      'blk_2 2 evicted',
      'blk_3 4 end',
      'blk_1 1,3,5 end',
    ])
    expect(shape(run(eventsOf(texts), { key: byBlock, maxHeld: 2 }))[0]).toBe('blk_2 2 evicted')
  })

  test('lasting values are no sessions', () => {
    const key: KeyRule = {
      place: { by: 'field', field: 'process' },
      scope: 'source',
      except: ['1'],
    }
    const events = ['1', '77', '1'].map((process, i) => eventOf('x', { process, line: i + 1 }))
    expect(shape(run(events, { key }))).toEqual(['77 2 end', 'lines 1-3 1,3 end'])
  })

  test('texts are kept when asked for', () => {
    const [session] = run(eventsOf(['open blk_1', 'done blk_1']), { key: byBlock, keepTexts: true })
    expect(session?.texts).toEqual(['open blk_1', 'done blk_1'])
  })
})

describe('stamps that cannot be trusted', () => {
  const touch = (at: number, i: number): LogEvent => eventOf('touch blk_1', { line: i + 1, at })

  test('stamps that jump back neither split nor reorder', () => {
    const [session, ...rest] = run([9000, 100, 8000, 50].map(touch), { key: byBlock, idleMs: 5000 })
    expect(rest).toEqual([])
    expect(session?.lines).toEqual([1, 2, 3, 4])
  })

  test('one stamp far in the future closes nothing', () => {
    const events = [0, 10 * HOUR, 1000, 2000].map(touch)
    expect(run(events, { key: byBlock, idleMs: 5000 })).toHaveLength(1)
  })

  test('a clock that was set back is followed', () => {
    const back = Array.from({ length: 40 }, (_, i) => i * 10)
    const events = [10 * HOUR, ...back, 60_000].map(touch)
    expect(run(events, { key: byBlock, idleMs: 5000 }).map(s => s.lines.length)).toEqual([41, 1])
  })

  test('sources in different time zones share a session, and silence still closes it', () => {
    const key: KeyRule = { ...byBlock, scope: 'global' }
    const events = [0, 1000, 2000, 3000, 60_000, 61_000].map((t, i) =>
      eventOf('touch blk_1', { line: i, at: t + (i % 2) * 8 * HOUR, source: `s${i % 2}` }),
    )
    expect(run(events, { key, idleMs: 5000 }).map(s => s.lines)).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ])
  })

  test('stamps that are no numbers do no harm', () => {
    const events = [0, Number.NaN, Number.POSITIVE_INFINITY, 10].map(touch)
    expect(run(events, { key: byBlock, idleMs: 5000 })).toHaveLength(1)
  })
})

describe('windows', () => {
  test('what a last window may reach back into is held, and bounded', () => {
    const window = { by: 'count', size: 3, full: true } as const
    const sequencer = createSequencer({ window, maxHeld: 8 })
    for (let source = 0; source < 50; source++) {
      for (const event of eventsOf(Array(4).fill('tick'), { source: `s${source}` })) {
        sequencer.push(event)
        expect(sequencer.stats.held).toBeLessThanOrEqual(8)
      }
    }
    expect(sequencer.stats.held).toBeGreaterThan(3)
  })

  test('a last window can reach back into the one before, also after a restart', () => {
    const window = { by: 'count', size: 3, full: true } as const
    const events = eventsOf(Array(5).fill('tick'))
    const whole = ['lines 1-3 1,2,3 window', 'lines 3-5 3,4,5 end']
    expect(shape(run(events, { window }))).toEqual(whole)
    const first = createSequencer({ window })
    const out = events.slice(0, 4).flatMap(event => first.push(event))
    const second = createSequencer({ window }, first.snapshot())
    out.push(...second.push(events[4]!), ...second.flush())
    expect(shape(out)).toEqual(whole)
    expect(shape(run(events.slice(0, 2), { window }))).toEqual(['lines 1-2 1,2 end'])
  })

  test('of a count tumble, and the last, shorter one is kept', () => {
    const sessions = run(eventsOf(Array(5).fill('tick')), { window: { by: 'count', size: 2 } })
    expect(shape(sessions)).toEqual([
      'lines 1-2 1,2 window',
      'lines 3-4 3,4 window',
      'lines 5-5 5 end',
    ])
  })

  test('of a count slide by their step', () => {
    const window = { by: 'count', size: 4, step: 2 } as const
    expect(shape(run(eventsOf(Array(7).fill('tick')), { window }))).toEqual([
      'lines 1-4 1,2,3,4 window',
      'lines 3-6 3,4,5,6 window',
      'lines 5-7 5,6,7 end',
    ])
  })

  test('of time stand on whole multiples of their step', () => {
    const at = [1500, 1900, 2100, 9000, 9999, 10_000]
    const events = at.map((t, i) => eventOf('tick', { line: i + 1, at: t }))
    expect(shape(run(events, { window: { by: 'time', size: 1000 } }))).toEqual([
      'lines 1-2 1,2 window',
      'lines 3-3 3 window',
      'lines 4-5 4,5 window',
      'lines 6-6 6 end',
    ])
  })

  test('of time slide, and every event is in at least one', () => {
    const random = randomFrom(7)
    const events = Array.from({ length: 300 }, (_, i) =>
      eventOf('tick', { line: i + 1, at: i * 150 + Math.floor(random() * 4000) }),
    )
    const sessions = run(events, { window: { by: 'time', size: 3000, step: 1000 } })
    expect(new Set(sessions.flatMap(s => s.lines)).size).toBe(300)
    expect(sessions.length).toBeGreaterThan(30)
    expect(new Set(sessions.map(s => s.key)).size).toBe(sessions.length)
  })

  test('never mix sources, nor the streams of a source', () => {
    const texts = ['n1 up', 'n2 up', 'n1 down', 'n2 down']
    const events = texts.map((text, i) =>
      eventOf(text, { line: i + 1, fields: { node: text.slice(0, 2) } }),
    )
    const stream: KeyRule = { place: { by: 'field', field: 'node' }, scope: 'source' }
    expect(shape(run(events, { stream }))).toEqual(['n1 lines 1-3 1,3 end', 'n2 lines 2-4 2,4 end'])
    const apart = events.map((event, i) => ({ ...event, source: `s${i % 2}` }))
    expect(run(apart, {}).map(s => [s.source, s.lines])).toEqual([
      ['s0', [1, 3]],
      ['s1', [2, 4]],
    ])
  })

  test('suit the length of the log', () => {
    expect([0, 2000, 20_000, 1e6].map(lines => windowFor(lines).size)).toEqual([10, 10, 40, 100])
  })

  test('that cannot be cut are refused', () => {
    expect(() => createSequencer({ window: { by: 'count', size: 0 } })).toThrow('change')
    expect(() => createSequencer({ window: { by: 'time', size: 5, step: 6 } })).toThrow('step')
    expect(() => createSequencer({ maxOpen: 0 })).toThrow('maxOpen')
  })
})

test('a snapshot taken anywhere goes on as if nothing had happened', () => {
  const random = randomFrom(3)
  const events = Array.from({ length: 400 }, (_, i) => {
    const block = Math.floor(random() * 12)
    const text = block < 4 ? `tick ${block}` : `touch blk_${block}`
    return eventOf(text, { line: i + 1, at: i * 700, source: `s${Math.floor(random() * 3)}` })
  })
  const options = { key: byBlock, idleMs: 9000, maxLength: 6, maxOpen: 9, keepTexts: true }
  const whole = run(events, options)
  for (const cut of [0, 1, 137, 399]) {
    const first = createSequencer(options)
    const before = events.slice(0, cut).flatMap(event => first.push(event))
    const second = createSequencer(options, JSON.parse(JSON.stringify(first.snapshot())))
    const after = events.slice(cut).flatMap(event => second.push(event))
    expect([...before, ...after, ...second.flush()]).toEqual(whole)
  }
  expect(() => createSequencer({}, { version: 9 })).toThrow('version')
})

test('every event is in a session, whatever comes', () => {
  const random = randomFrom(11)
  const events = Array.from({ length: 2000 }, (_, i) => {
    const keys = Array.from({ length: Math.floor(random() * 3) }, () => Math.floor(random() * 50))
    return eventOf(`see ${keys.map(key => `blk_${key}`).join(' ')}`, {
      line: i + 1,
      at: random() < 0.1 ? Math.floor(random() * 1e9) : i * 100,
    })
  })
  const sessions = run(events, { key: byBlock, idleMs: 3000, maxLength: 7, maxOpen: 10 })
  expect(new Set(sessions.flatMap(s => s.lines)).size).toBe(2000)
  expect(sessions.every(s => s.events.length > 0)).toBe(true)
})
