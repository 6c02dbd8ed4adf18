import { expect, test } from 'bun:test'
import { createTimeShift } from '../../src/cli/time-shift.ts'
import { createTimeWriter } from '../../src/cli/time-writer.ts'
import { createParser } from '../../src/core/parse/parser.ts'
import { zoneOffset } from '../../src/core/parse/time-zone.ts'
import { createTimeReader } from '../../src/core/parse/timestamp.ts'
import type { LogEvent, LogLine } from '../../src/core/types.ts'
import { withoutData } from '../data.ts'
import { testFolder } from './folder.ts'
import { receiver } from './receiver.ts'
import { logbert } from './spawn.ts'

const { put } = testFolder()
const NOW = Date.UTC(2026, 9, 9, 9, 5, 3, 700)

/** The time at the start of `text` moved from its moment to `to`. */
const moved = (pattern: string, text: string, to: number, zone = 'UTC'): string | undefined => {
  const offset = zoneOffset(zone)
  const reader = createTimeReader(pattern, offset)
  const end = reader.read(text, 0, NOW)
  expect(end).toBe(text.length)
  const by = Math.floor((to - reader.at) / 1000) * 1000
  const written = createTimeWriter(pattern, offset)?.move(text, reader.at, by)
  if (written === undefined) return undefined
  expect(reader.read(written, 0, NOW)).toBe(written.length)
  expect(reader.at - to).toBeLessThan(1000)
  return written
}

test.each([
  ['yyyy-MM-dd HH:mm:ss,SSS', '2015-07-29 19:13:24,282', '2026-10-09 09:05:03,282'],
  ["yyyy-MM-dd'T'HH:mm:ss.SSSZ", '2015-07-29T19:13:24.282123Z', '2026-10-09T09:05:03.282123Z'],
  ["yyyy-MM-dd'T'HH:mm:ssZ", '2015-07-29T19:13:24+02:00', '2026-10-09T11:05:03+02:00'],
  ['yyMMdd HHmmss', '081109 203615', '261009 090503'],
  ['yy/MM/dd HH:mm:ss', '17/06/09 20:10:41', '26/10/09 09:05:03'],
  ['EEE MMM dd HH:mm:ss yyyy', 'Sun Dec 04 04:51:14 2005', 'Fri Oct 09 09:05:03 2026'],
  ['MMM dd HH:mm:ss', 'Jun 15 02:04:59', 'Oct  9 09:05:03'],
  ['dd/MMM/yyyy:HH:mm:ss Z', '10/may/2020:13:55:36 -0700', '09/oct/2026:02:05:03 -0700'],
  ['MM/dd/yyyy HH:mm:ss a', '1/5/2020 11:04:59 PM', '10/9/2026 09:05:03 AM'],
  [
    'EEE, dd MMM yyyy HH:mm:ss Z',
    'Sunday, 04 December 2005 04:51:14 GMT',
    'Friday, 09 October 2026 09:05:03 GMT',
  ],
  ['X', '1117842974', '1791536703'],
  ['x', '1117842974123', '1791536703123'],
  ['n', '1117842974123456789', '1791536703123456789'],
  ['HH:mm:ss.SSS', '23:59:59.001', '09:05:03.001'],
])('%s: %s becomes %s', (pattern, text, expected) => {
  expect(moved(pattern, text, NOW)).toBe(expected)
})

test('a time of a named zone is moved over a change of the clocks', () => {
  const winter = Date.UTC(2026, 0, 9, 9, 5, 3)
  const at = '2025-07-29 19:13:24'
  expect(moved('yyyy-MM-dd HH:mm:ss', at, NOW, 'Europe/Berlin')).toBe('2026-10-09 11:05:03')
  expect(moved('yyyy-MM-dd HH:mm:ss', at, winter, 'Europe/Berlin')).toBe('2026-01-09 10:05:03')
})

test('a day takes the room that it had', () => {
  const day = (text: string, to: number) => moved('MMM dd HH:mm:ss', text, to)
  expect(day('Jun  5 02:04:59', Date.UTC(2026, 8, 21))).toBe('Sep 21 00:00:00')
  expect(day('Jun 05 02:04:59', Date.UTC(2026, 8, 7))).toBe('Sep 07 00:00:00')
})

test('what only counts from an unknown start is not moved', () => {
  expect(createTimeWriter('R', zoneOffset('UTC'))).toBe(undefined)
})

const line = (text: string): LogLine => ({ text, source: 'app', arrived: NOW })
const timesOf = (lines: readonly LogLine[]): (number | undefined)[] => {
  const events: LogEvent[] = []
  const parser = createParser()
  for (const each of lines) parser.feed(each, event => events.push(event))
  parser.flush(event => events.push(event))
  return events.map(({ at, dated }) => (dated ? at : undefined))
}

const made: [string, (at: string, i: number) => string][] = [
  [
    'log4j',
    (at, i) =>
      `${at.slice(0, 19).replace('T', ' ')},${at.slice(20, 23)} INFO  [exec-${i}] a.B - job ${i} done at ${at}`,
  ],
  ['JSON', (at, i) => JSON.stringify({ msg: `ts": ${at}`, level: 'info', ts: at, n: i })],
  [
    'JSON with numbers',
    (at, i) => JSON.stringify({ level: 30, time: Date.parse(at), msg: `job ${i}` }),
  ],
  ['logfmt', (at, i) => `ts=${at} level=info msg="job ${i} done"`],
  ['logfmt in quotes', (at, i) => `level=info ts="${at}" msg="job ${i} done"`],
  ['RFC 5424', (at, i) => `<34>1 ${at} host app ${i} ID47 - job ${i} done`],
]

test.each(made)('%s: the parser reads the moved times, everything else stays', (_, write) => {
  const stamp = (i: number) => new Date(Date.UTC(2021, 4, 6, 7, 8, 9, 10) + 731 * i).toISOString()
  const lines = Array.from({ length: 300 }, (_, i) => line(write(stamp(i), i)))
  const shift = createTimeShift(NOW)
  const out = shift.move(lines.slice(0, 250)).concat(shift.move(lines.slice(250)))
  expect(shift.stats).toEqual({ moved: 300, undated: 0, stuck: 0 })
  const before = timesOf(lines)
  expect(before[0]).toBe(Date.UTC(2021, 4, 6, 7, 8, 9, 10))
  expect(timesOf(out)).toEqual(before.map(at => at! + shift.by!))
  expect(Math.abs(timesOf(out)[0]! - NOW)).toBeLessThan(1000)
  expect(out.map(({ text }) => text.length)).toEqual(lines.map(({ text }) => text.length))
})

test('lines without a time stay as they are and are counted; no time at all is said so', () => {
  const lines = Array.from({ length: 100 }, (_, i) =>
    line(
      i % 4 === 3
        ? '\tat com.example.Main(Main.java:7)'
        : `2021-05-06 07:08:${10 + (i % 50)} INFO job ${i}`,
    ),
  )
  const shift = createTimeShift(NOW)
  const out = shift.move(lines)
  expect(shift.stats).toEqual({ moved: 75, undated: 25, stuck: 0 })
  expect(out[3]).toEqual(lines[3]!)
  expect(() => createTimeShift(NOW).move(made.map((_, i) => line(`job ${i} done`)))).toThrow(
    'hold none that can be written in place',
  )
})

test('replay --shift now sends moved lines', async () => {
  const server = receiver()
  const stamp = (i: number) => new Date(Date.UTC(2021, 4, 6) + 1000 * i).toISOString()
  const text = Array.from({ length: 500 }, (_, i) => `${stamp(i)} INFO job ${i} done\n`).join('')
  const begun = Date.now()
  const args = ['replay', put('old.log', text), '--to', server.url, '--shift', 'now', '--json']
  const { code, records } = await logbert(args)
  await server.stop()
  expect(code).toBe(0)
  expect(records().at(-1)).toMatchObject({ shifted: { moved: 500, undated: 0, stuck: 0 } })
  const at = server.lines.map(each => Date.parse(each.slice(0, 24)))
  expect(at[0]).toBeGreaterThan(begun - 1000)
  expect(at[0]).toBeLessThan(Date.now() + 1)
  expect(at[499]! - at[0]!).toBe(499_000)
  expect(server.lines[7]).toEndWith('Z INFO job 7 done')
})

const missing = withoutData('loghub_2k/HDFS/HDFS_2k.log.gz')
test.skipIf(missing !== undefined)('every line of eight real systems is moved', async () => {
  const { readData } = await import('../data.ts')
  for (const name of [
    'HDFS',
    'BGL',
    'OpenStack',
    'Apache',
    'Zookeeper',
    'Android',
    'Spark',
    'Linux',
  ]) {
    const text = (await readData(`loghub_2k/${name}/${name}_2k.log.gz`)).trimEnd()
    const lines = text.split(/\r?\n/).map(line)
    const shift = createTimeShift(NOW)
    shift.move(lines)
    expect({ name, ...shift.stats }).toEqual({ name, moved: lines.length, undated: 0, stuck: 0 })
  }
})
