import { expect, test } from 'bun:test'
import { createParser } from '../../src/core/parse/parser.ts'
import { createEventReader, discoverReading } from '../../src/core/rca/reading.ts'
import type { LogEvent } from '../../src/core/types.ts'

const hex = (n: number): string => (n * 2_654_435_761).toString(16).padStart(12, '0').slice(-12)

const parse = (lines: readonly string[]): LogEvent[] => {
  const parser = createParser()
  const events: LogEvent[] = []
  const keep = (event: LogEvent): void => {
    events.push(event)
  }
  lines.forEach((text, i) => {
    parser.feed({ source: 'all.log', position: i + 1, text, arrived: 0 }, keep)
  })
  parser.flush(keep)
  return events
}

const readAll = (events: readonly LogEvent[]) => {
  const read = createEventReader(discoverReading(events))
  return events.map((event, i) => read(event, event.template, `${i}`))
}

const clock = (n: number): string =>
  `2026-03-04 05:${String(10 + (Math.floor(n / 60) % 50))}:${String(n % 60).padStart(2, '0')}`
const WHO = ['gate', 'mill', 'barn']

test('who wrote a line stands in the first bracket, where requests go from one to the other', () => {
  const lines = Array.from({ length: 600 }, (_, n) => {
    const who = WHO[n % 3]!
    return `${clock(n)} INFO [${who}-${n % 2}] [rid=${hex(Math.floor(n / 3))}] ${who} did ${n}`
  })
  readAll(parse(lines)).forEach((event, n) => {
    expect(event).toMatchObject({
      ...{ service: WHO[n % 3], instance: `${WHO[n % 3]}-${n % 2}` },
      trace: hex(Math.floor(n / 3)),
    })
  })
})

test('threads of one program are not taken for services: a request stays in its thread', () => {
  const lines = Array.from({ length: 600 }, (_, n) => {
    const request = Math.floor(n / 3)
    return `${clock(n)} INFO [${request % 2 ? 'http' : 'jobs'}-${request % 5}] o.f.${['Gate', 'Mill', 'Barn'][n % 3]} - did ${n} for rid=${hex(request)}`
  })
  const services = new Set(readAll(parse(lines)).map(({ service }) => service))
  expect(services).toEqual(new Set(['o.f.Gate', 'o.f.Mill', 'o.f.Barn']))
})

test('in a file of several programs each line says it in its own place', () => {
  const writers = ['gate', 'door', 'mill', 'wheel', 'barn', 'loft']
  const lines = Array.from({ length: 1200 }, (_, n) => {
    const who = writers[n % 6]!
    const id = hex(Math.floor(n / 6))
    if (n % 6 < 2) return `${clock(n)},123 INFO [${who}-1] [rid=${id}] o.f.X${who} - opened ${n}`
    if (n % 6 < 4) return `${clock(n)}.123 ${who}-1 INFO grinds ${n} rid=${id}`
    return `[${clock(n).replace(' ', 'T')}.123Z] I ${who}-1: (${id}) stored ${n}`
  })
  readAll(parse(lines)).forEach((event, n) => {
    expect(event).toMatchObject({ service: writers[n % 6], trace: hex(Math.floor(n / 6)) })
  })
})
