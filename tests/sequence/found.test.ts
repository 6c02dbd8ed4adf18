import { describe, expect, test } from 'bun:test'
import { createParser } from '../../src/core/parse/parser.ts'
import { discoverKey, type KeyChoice } from '../../src/core/sequence/key.ts'
import { createSequencer } from '../../src/core/sequence/session.ts'
import { createTopology } from '../../src/core/simulator/generated.ts'
import { createSimulator } from '../../src/core/simulator/simulator.ts'
import type { LogEvent, LogLine, Session } from '../../src/core/types.ts'
import { readData, withoutData } from '../data.ts'

/** Headers are learned in a first pass, so that lines of many sources keep their order. */
const parse = (lines: readonly LogLine[]): LogEvent[] => {
  const first = createParser()
  for (const line of lines) first.feed(line, () => {})
  first.flush(() => {})
  const parser = createParser({}, first.snapshot())
  const events: LogEvent[] = []
  for (const line of lines) parser.feed(line, event => events.push(event))
  parser.flush(event => events.push(event))
  for (const event of events) event.templateId = parser.resolve(event.templateId)
  return events
}

const linesOf = (text: string, most: number): LogLine[] =>
  text
    .split('\n')
    .slice(0, most)
    .filter(line => line.length > 0)
    .map(line => ({ text: line, source: 'log', arrived: 0 }))

const sessionsOf = (events: readonly LogEvent[], { rule }: KeyChoice): Session[] => {
  const sequencer = createSequencer(rule === undefined ? {} : { key: rule })
  return [...events.flatMap(event => sequencer.push(event)), ...sequencer.flush()]
}

describe.skipIf(withoutData('hdfs_2pct', 'openstack_kalaki') !== undefined)('real logs', () => {
  test('HDFS blocks are found without being told, and every one is a labelled block', async () => {
    const events = parse(linesOf(await readData('hdfs_2pct/HDFS_2pct.log.gz'), 30_000))
    const choice = discoverKey(events)
    expect(choice.rule).toMatchObject({ place: { by: 'shape', shape: 'blk_#1' }, reused: false })
    const labels = (await readData('hdfs_2pct/labels.csv.gz')).split('\n')
    const truth = new Set(labels.map(line => line.split(',')[0]))
    const sessions = sessionsOf(events, choice)
    expect(sessions.length).toBeGreaterThan(1000)
    expect(sessions.filter(session => !truth.has(session.key))).toEqual([])
  })

  test('OpenStack instances are taken rather than requests', async () => {
    const text = await readData('openstack_kalaki/openstack-nova-sample.log.gz')
    const choice = discoverKey(parse(linesOf(text, 8000)))
    expect(choice.rule?.place).toEqual({ by: 'label', labels: ['instance'] })
    expect(choice.evidence.some(e => e.name === 'id req-uuid')).toBe(true)
  })
})

describe('simulated systems', () => {
  for (const seed of [2, 5, 8, 10]) {
    test(`of seed ${seed}: every request comes out whole, across services and layouts`, () => {
      const simulator = createSimulator({ seed, topology: createTopology(seed) })
      const lines = Array.from({ length: 4000 }, () => simulator.next())
      const lengths = new Map<string, number>()
      for (const { session } of lines) {
        if (session !== undefined) lengths.set(session, (lengths.get(session) ?? 0) + 1)
      }
      const events = parse(lines.map(({ line }) => line))
      const choice = discoverKey(events)
      const keyed = sessionsOf(events, choice).filter(session => session.kind === 'key')
      expect(new Map(keyed.map(s => [s.key, s.events.length]))).toEqual(lengths)
    })
  }
})
