import { expect, test } from 'bun:test'
import type { KeyRule } from '../../src/core/sequence/key.ts'
import { createSequencer } from '../../src/core/sequence/session.ts'
import { resolutionOf } from '../../src/core/sequence/time-order.ts'
import type { LogEvent } from '../../src/core/types.ts'
import { eventOf } from './events.ts'

const key: KeyRule = { place: { by: 'pattern', pattern: 'trace_\\d+' }, scope: 'global' }

const events: LogEvent[] = [
  eventOf('receive trace_1', { source: 'gateway', line: 1, at: 1000 }),
  eventOf('check trace_1', { source: 'auth', line: 1, at: 1010 }),
  eventOf('allow trace_1', { source: 'auth', line: 2, at: 1020 }),
  eventOf('answer trace_1', { source: 'gateway', line: 2, at: 1030 }),
]

const run = (list: readonly LogEvent[], resolutionMs?: number) => {
  const sequencer = createSequencer({ key, ...(resolutionMs !== undefined && { resolutionMs }) })
  const out = list.flatMap(event => sequencer.push(event))
  return [...out, ...sequencer.flush()]
}

test('file by file or as they were written, a trace has one order', () => {
  const written = run(events)
  const byFile = run([events[1]!, events[2]!, events[0]!, events[3]!])
  expect(byFile).toEqual(written)
  expect(written[0]).toMatchObject({
    source: 'gateway',
    sources: ['gateway', 'auth', 'auth', 'gateway'],
    lines: [1, 1, 2, 2],
  })
})

test('within what clocks can tell, sources come one after the other', () => {
  const [coarse] = run(events, 1000)
  expect(coarse!.sources).toEqual(['auth', 'auth', 'gateway', 'gateway'])
})

test('clocks of different zones cannot be compared: order of arrival stays', () => {
  const moved = events.map(event =>
    event.source === 'auth' ? { ...event, at: event.at + 7_200_000 } : event,
  )
  expect(run(moved)[0]!.sources).toEqual(['gateway', 'auth', 'auth', 'gateway'])
})

test('one source that writes whole seconds makes the resolution a second', () => {
  const many = (source: string, step: number) =>
    Array.from({ length: 30 }, (_, i) => eventOf('tick', { source, at: i * step }))
  expect(resolutionOf(many('fine', 1001))).toBe(1)
  expect(resolutionOf([...many('fine', 1001), ...many('coarse', 2000)])).toBe(1000)
})
