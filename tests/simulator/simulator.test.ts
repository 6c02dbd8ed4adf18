import { describe, expect, test } from 'bun:test'
import { FAULT_KINDS, planFaults } from '../../src/core/simulator/fault.ts'
import { createTopology } from '../../src/core/simulator/generated.ts'
import { shopTopology } from '../../src/core/simulator/shop.ts'
import {
  createSimulator,
  type SimulatedLine,
  type SimulatorOptions,
} from '../../src/core/simulator/simulator.ts'
import type { AnomalyKind } from '../../src/core/types.ts'

const START = Date.UTC(2026, 0, 5, 8)
const MINUTE = 60_000

const linesOf = (options: SimulatorOptions, minutes: number): SimulatedLine[] => {
  const simulator = createSimulator({ start: START, ...options })
  const out: SimulatedLine[] = []
  for (;;) {
    const line = simulator.next()
    if (line.line.arrived >= START + minutes * MINUTE) return out
    out.push(line)
  }
}
const texts = (lines: SimulatedLine[]): string[] => lines.map(({ line }) => line.text)

describe('the simulated log', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(linesOf({ seed: 4 }, 1)).toEqual(linesOf({ seed: 4 }, 1))
    expect(texts(linesOf({ seed: 5 }, 1))).not.toEqual(texts(linesOf({ seed: 4 }, 1)))
  })

  test('goes on in order of time, with requests that interleave and cross services', () => {
    const lines = linesOf({ seed: 1, ratePerSecond: 10 }, 1)
    const at = lines.map(({ line }) => line.arrived)
    expect(at).toEqual([...at].sort((a, b) => a - b))
    const services = new Map<string, Set<string>>()
    for (const { session, service } of lines) {
      if (session === undefined) continue
      services.set(session, (services.get(session) ?? new Set()).add(service))
    }
    expect(services.size).toBeGreaterThan(500)
    const crossing = [...services.values()].filter(set => set.size > 2)
    expect(crossing.length).toBeGreaterThan(services.size / 2)
    const changes = lines.filter((line, i) => i > 0 && line.session !== lines[i - 1]!.session)
    expect(changes.length).toBeGreaterThan(lines.length / 4)
  })

  test('names the request in every line that belongs to one', () => {
    const keyed = linesOf({ seed: 2 }, 1).filter(({ session }) => session !== undefined)
    expect(keyed.every(({ line, session }) => line.text.includes(session!))).toBe(true)
  })

  test('comes in the layouts of log4j, JSON, logfmt and syslog', () => {
    const all = texts(linesOf({ seed: 1 }, 1))
    expect(all.some(text => /^2026-01-05 08:\d\d:\d\d,\d{3} INFO {2}\[exec-\d\]/.test(text))).toBe(
      true,
    )
    expect(all.some(text => text.startsWith('{') && JSON.parse(text).level === 'info')).toBe(true)
    expect(all.some(text => /^ts=\S+ level=info svc=\w+ msg="/.test(text))).toBe(true)
    expect(all.some(text => /^Jan {2}5 08:00:\d\d \w+-1 \w+\[\d+\]: /.test(text))).toBe(true)
  })

  test('leaves no slot unfilled, in any system', () => {
    for (const topology of [shopTopology(), ...[1, 2, 3, 4, 5].map(seed => createTopology(seed))]) {
      const unfilled = texts(linesOf({ seed: 1, topology }, 3)).filter(text => /\{\w+\}/.test(text))
      expect(unfilled).toEqual([])
    }
  })

  test('refuses a rate that makes no requests', () => {
    expect(() => createSimulator({ seed: 1, ratePerSecond: 0 })).toThrow('positive rate')
  })
})

describe('generated systems', () => {
  test('differ in size, words and layout from seed to seed', () => {
    const made = Array.from({ length: 12 }, (_, seed) => createTopology(seed))
    expect(new Set(made.map(t => t.services.length)).size).toBeGreaterThan(3)
    expect(new Set(made.map(t => t.idStyle)).size).toBeGreaterThan(2)
    expect(new Set(made.map(t => JSON.stringify(t.services))).size).toBe(12)
    expect(createTopology(3, { services: 7 }).services).toHaveLength(7)
  })
})

describe('faults', () => {
  const withFault = (kind: AnomalyKind, seed = 1) => {
    const topology = shopTopology()
    const plan = { seed, start: START + MINUTE, count: 1, everyMs: MINUTE, lengthMs: MINUTE }
    const faults = planFaults(topology, { ...plan, kinds: [kind] })
    const lines = linesOf({ seed: 1, topology, faults }, 3)
    return { fault: faults[0]!, lines, clean: linesOf({ seed: 1 }, 3) }
  }
  const of = (lines: SimulatedLine[], key: string) => lines.filter(({ session }) => session === key)

  for (const kind of FAULT_KINDS) {
    test(`${kind}: changes what is noted in the truth, and nothing before it starts`, () => {
      const { fault, lines, clean } = withFault(kind)
      expect(fault.lines).toBeGreaterThan(0)
      const before = (list: SimulatedLine[]) =>
        texts(list.filter(({ line }) => line.arrived < fault.from))
      expect(before(lines)).toEqual(before(clean))
      if (kind === 'rate') return
      expect(fault.sessions.length).toBeGreaterThan(0)
      expect(new Set(fault.sessions).size).toBe(fault.sessions.length)
    })
  }

  test('a missing ending cuts requests short; silence leaves no line of the service', () => {
    const cut = withFault('missing ending')
    const shorter = cut.fault.sessions.filter(
      key => of(cut.lines, key).length < of(cut.clean, key).length,
    )
    expect(shorter).toHaveLength(cut.fault.sessions.length)
    const silent = withFault('silence')
    const { from, to, service } = silent.fault
    const during = silent.lines.filter(({ line }) => line.arrived >= from && line.arrived < to)
    expect(during.length).toBeGreaterThan(0)
    expect(during.filter(line => line.service === service)).toEqual([])
  })

  test('a count fault repeats a line within its requests', () => {
    const { fault, lines, clean } = withFault('count')
    for (const key of fault.sessions) {
      expect(of(lines, key).length).toBeGreaterThan(of(clean, key).length + 5)
    }
  })

  test('a new template is marked on the line that shows it, and a flood on every one', () => {
    const odd = withFault('new template')
    expect(odd.lines.filter(({ fault }) => fault === odd.fault.id)).toHaveLength(odd.fault.lines)
    const flood = withFault('rate')
    expect(flood.lines.filter(({ fault }) => fault === flood.fault.id).length).toBe(
      flood.fault.lines,
    )
  })

  test('a plan takes kinds in turn, in services that can have them', () => {
    for (const seed of [1, 2, 3]) {
      const topology = createTopology(seed)
      const plan = { seed, start: START, count: 14, everyMs: MINUTE, lengthMs: MINUTE / 2 }
      const faults = planFaults(topology, plan)
      expect(faults.map(fault => fault.kind)).toEqual([...FAULT_KINDS, ...FAULT_KINDS])
      linesOf({ seed, topology, faults }, 15)
      expect(faults.filter(fault => fault.lines === 0).map(f => `${f.kind} ${f.service}`)).toEqual(
        [],
      )
    }
  })
})
