import { expect, test } from 'bun:test'
import { discoverKey } from '../../src/core/sequence/key.ts'
import { describeKey } from '../../src/core/sequence/key-report.ts'
import { eventOf, randomFrom } from './events.ts'

const CYCLE = ['poll queue', 'take job', 'run job', 'store result', 'report done', 'clean up']

/** Hosts that go through the same cycle, each at its own pace; `name` writes the field. */
const hosts = (name: (host: number, step: number) => string) => {
  const random = randomFrom(2)
  const step = new Int32Array(8)
  return Array.from({ length: 2000 }, (_, i) => {
    const host = Math.floor(random() * 8)
    const at = step[host]!++ % CYCLE.length
    return eventOf(CYCLE[at]!, { line: i + 1, fields: { origin: name(host, at) } })
  })
}

test('hosts that share a file are found as streams, not as sessions', () => {
  const choice = discoverKey(hosts(host => `node-${host}`))
  expect(choice.rule).toBeUndefined()
  expect(choice.stream?.rule.place).toEqual({ by: 'field', field: 'origin' })
  expect(choice.stream?.saved).toBeGreaterThan(0.5)
  expect(describeKey(choice)).toContain('8 streams')
})

test('a field that only names the event again is no stream', () => {
  expect(discoverKey(hosts((_, step) => `module${step}`)).stream).toBeUndefined()
})

test('a field that says nothing about order is no stream', () => {
  const random = randomFrom(9)
  expect(discoverKey(hosts(() => `shard-${Math.floor(random() * 5)}`)).stream).toBeUndefined()
})
