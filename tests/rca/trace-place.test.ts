import { expect, test } from 'bun:test'
import { createPlaceReader, findTracePlace } from '../../src/core/rca/trace-place.ts'
import type { LogEvent } from '../../src/core/types.ts'

const eventOf = (n: number, source: string, text: string, fields?: Record<string, string>) =>
  ({
    ...{ line: n, at: n * 10, dated: true, source, text, template: text, templateId: 0 },
    parameters: [],
    ...(fields && { fields }),
  }) as LogEvent

/** Requests of two services; what says which is where `say` puts it. */
const requests = (
  idOf: (n: number) => string,
  say: (id: string, n: number) => { text: string; fields?: Record<string, string> },
): LogEvent[] =>
  Array.from({ length: 400 }, (_, n) => {
    const request = Math.floor(n / 4)
    const { text, fields } = say(idOf(request), n)
    return eventOf(n, n % 4 < 2 ? 'orders' : 'stock', text, fields)
  })

const hex = (n: number, length: number): string =>
  Array.from({ length }, (_, i) => ((n * 31 + i * 7 + ((n >> 3) ^ i)) % 16).toString(16)).join('')
const ownerOf = ({ source }: LogEvent): string => source

test('the id of a request is found behind a label, at the begin and in brackets', () => {
  const forms = [
    (id: string) => ({ text: `req:${id} looked up` }),
    (id: string) => ({ text: `${id} looked up` }),
    (id: string) => ({ text: `looked up [r=${id} s=00aa11bb22cc33dd]` }),
    (id: string) => ({ text: 'looked up', fields: { data: `[ctx@1 id="${id}" k="v w"]` } }),
  ]
  for (const form of forms) {
    const events = requests(n => hex(n, 10), form)
    const place = findTracePlace(events, ownerOf)!
    expect(place).toBeDefined()
    const read = createPlaceReader(place)
    events.forEach((event, n) => {
      expect(read(event)).toBe(hex(Math.floor(n / 4), 10))
    })
  }
})

test('lines of several programs may hold it in different places', () => {
  const events = requests(
    n => hex(n, 20),
    (id, n) => ({ text: n % 2 === 0 ? `${id} sent` : `done in 3 ms cid=${id}` }),
  )
  const read = createPlaceReader(findTracePlace(events, ownerOf)!)
  events.forEach((event, n) => {
    expect(read(event)).toBe(hex(Math.floor(n / 4), 20))
  })
})

test('names of machines, dates and what lives through the whole log are no requests', () => {
  const long = requests(
    n => hex(n % 5, 12),
    id => ({ text: `host=${id} up` }),
  )
  expect(findTracePlace(long, ownerOf)).toBeUndefined()
  const dates = requests(
    n => `2026-01-${10 + (n % 20)}`,
    day => ({ text: `backup of ${day} written` }),
  )
  expect(findTracePlace(dates, ownerOf)).toBeUndefined()
  const unlike = requests(
    n => `${n}`,
    id => ({ text: `order ${id}` }),
  )
  expect(findTracePlace(unlike, ownerOf)).toBeUndefined()
})
