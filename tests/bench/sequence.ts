import { createParser } from '../../src/core/parse/parser.ts'
import { discoverKey, type KeyChoice } from '../../src/core/sequence/key.ts'
import { describeKey } from '../../src/core/sequence/key-report.ts'
import { createSequencer } from '../../src/core/sequence/session.ts'
import { createTopology } from '../../src/core/simulator/generated.ts'
import { createSimulator } from '../../src/core/simulator/simulator.ts'
import type { LogEvent, LogLine, Session } from '../../src/core/types.ts'
import { readData, withoutData } from '../data.ts'
import type { Bench } from './bench.ts'

const ARRIVED = Date.UTC(2026, 0, 5)

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

const linesOf = (text: string, source: string): LogLine[] =>
  text
    .split('\n')
    .filter(line => line.length > 0)
    .map(line => ({ text: line, source, arrived: ARRIVED }))

const sessionsOf = (events: readonly LogEvent[], choice: KeyChoice): Session[] => {
  const sequencer = createSequencer(choice.rule === undefined ? {} : { key: choice.rule })
  return [...events.flatMap(event => sequencer.push(event)), ...sequencer.flush()]
}

const report = (name: string, events: readonly LogEvent[]): KeyChoice => {
  const start = performance.now()
  const choice = discoverKey(events)
  const took = performance.now() - start
  console.log(`\n${name}: ${events.length} lines, key sought in ${took.toFixed(0)} ms`)
  console.log(describeKey(choice, 4))
  return choice
}

const speed = (name: string, events: readonly LogEvent[], choice: KeyChoice): void => {
  const start = performance.now()
  const sessions = sessionsOf(events, choice)
  const rate = events.length / (performance.now() - start)
  const keyed = sessions.filter(session => session.kind === 'key').length
  console.log(
    `  ${name}: ${keyed} sessions, ${sessions.length - keyed} windows, ${rate.toFixed(0)} k events/s`,
  )
}

const hdfs = async (): Promise<void> => {
  const events = parse(linesOf(await readData('hdfs_2pct/HDFS_2pct.log.gz'), 'hdfs'))
  const choice = report('HDFS, 2 % of the blocks', events)
  for (let i = 0; i < 3; i++) speed('pass', events, choice)
  const labels = (await readData('hdfs_2pct/labels.csv.gz')).split('\n').slice(1)
  const truth = new Set(labels.map(line => line.split(',')[0]).filter(Boolean))
  const found = new Set(sessionsOf(events, choice).map(session => session.key))
  const right = [...found].filter(key => truth.has(key)).length
  console.log(`  blocks found ${found.size}, of the ${truth.size} labelled ones ${right}`)
}

const files = [
  'openstack_kalaki/openstack-nova-sample.log.gz',
  'openstack_kalaki/openstack-nova-dhcpoff.log.gz',
  'openstack_kalaki/openstack-vm-destroy-immediately-after-create.log.gz',
  ...['Android', 'Apache', 'BGL', 'HDFS', 'Linux', 'OpenStack', 'Spark', 'Zookeeper'].map(
    system => `loghub_2k/${system}/${system}_2k.log.gz`,
  ),
]

const trainTicket = async (): Promise<void> => {
  const rows = (await readData('nezha_trainticket/2023-01-29/normal.csv.gz')).split('\n').slice(1)
  const lines = rows.filter(Boolean).map(row => {
    const [, nanos, , source] = row.split(',')
    const log = JSON.parse(row.slice(row.indexOf('"{') + 1, -1).replaceAll('""', '"')).log as string
    return { text: log.trimEnd(), source: source!, arrived: Number(nanos!.slice(0, -6)) }
  })
  lines.sort((a, b) => a.arrived - b.arrived)
  const events = parse(lines)
  speed('pass', events, report('Train-Ticket, one minute of all pods', events))
}

/** Simulated systems, where the truth is known: how many requests come out whole. */
const simulated = (): void => {
  console.log('\nsimulated systems (seed: rule; requests found whole)')
  for (let seed = 1; seed <= 12; seed++) {
    const topology = createTopology(seed)
    const simulator = createSimulator({ seed, topology })
    const lines = Array.from({ length: 10_000 }, () => simulator.next())
    const lengths = new Map<string, number>()
    for (const { session } of lines) {
      if (session !== undefined) lengths.set(session, (lengths.get(session) ?? 0) + 1)
    }
    const events = parse(lines.map(({ line }) => line))
    const choice = discoverKey(events)
    const whole = sessionsOf(events, choice).filter(
      session => session.kind === 'key' && lengths.get(session.key) === session.events.length,
    )
    const name = choice.evidence[0]?.name ?? 'none'
    const scope = choice.rule?.scope
    console.log(`  ${seed}: ${name}, ${scope}; ${whole.length} of ${lengths.size}`)
  }
}

export const bench: Bench = {
  name: 'sequence',
  about: 'session keys found by themselves, with their evidence, and events per second',
  async run() {
    simulated()
    const reason = withoutData('hdfs_2pct', 'openstack_kalaki', 'loghub_2k', 'nezha_trainticket')
    if (reason !== undefined) return console.log(`skipped: ${reason}`)
    await hdfs()
    for (const file of files) {
      const events = parse(linesOf(await readData(file), file))
      speed('pass', events, report(file, events))
    }
    await trainTicket()
  },
}
