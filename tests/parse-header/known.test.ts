import { expect, test } from 'bun:test'
import { createParser } from '../../src/core/parse/parser.ts'
import type { LogEvent, LogLine } from '../../src/core/types.ts'

const line = (source: string, i: number): LogLine => ({
  text: `2026-01-05T08:00:${String(i % 60).padStart(2, '0')}Z WARN pool: connection ${i} closed`,
  source,
  arrived: 0,
})

const trained = () => {
  const parser = createParser()
  for (let i = 0; i < 300; i++) parser.feed(line('old', i), () => undefined)
  parser.flush(() => undefined)
  return parser.snapshot()
}

test('a new source that is laid out as a known one is read after a few lines', () => {
  const parser = createParser({ mode: 'extend' }, trained())
  const events: LogEvent[] = []
  for (let i = 0; i < 20; i++) parser.feed(line('new', i), event => events.push(event))
  expect(events).toHaveLength(20)
  expect(events[0]).toMatchObject({ level: 'warn', dated: true, template: events[19]!.template })
})

test('a single line of a new source is read by a known layout', () => {
  const parser = createParser({ mode: 'extend' }, trained())
  const events: LogEvent[] = []
  parser.feed(line('new', 3), event => events.push(event))
  parser.flush(event => events.push(event))
  expect(events).toMatchObject([{ level: 'warn', dated: true, text: 'connection 3 closed' }])
})

test('a new source with another layout gets one of its own', () => {
  const parser = createParser({ mode: 'extend' }, trained())
  const events: LogEvent[] = []
  for (let i = 0; i < 40; i++) {
    const text = `[ERROR] 05/Jan/2026:08:00:${10 + i} +0000 disk ${i} failed`
    parser.feed({ text, source: 'other', arrived: 0 }, event => events.push(event))
  }
  expect(events).toEqual([])
  parser.flush(event => events.push(event))
  expect(events[0]).toMatchObject({ level: 'error', text: 'disk 0 failed' })
})
