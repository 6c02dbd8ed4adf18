import { describe, expect, test } from 'bun:test'
import {
  createSystem,
  FAMILIES,
  type FaultKind,
  planSystemFault,
  runSystem,
  SYSTEM_FAULTS,
  type System,
  type SystemLine,
  type Truth,
} from '../../src/core/simulator/systems/systems.ts'

const START = Date.UTC(2026, 0, 5, 8)
const MINUTE = 60_000
const FROM = START + MINUTE
const TO = FROM + 4 * MINUTE
const [dev] = FAMILIES
const systems = new Map<number, System>()
const systemOf = (seed: number): System => {
  const system = systems.get(seed) ?? createSystem(dev!, seed)
  systems.set(seed, system)
  return system
}

interface Case {
  system: System
  truth: Truth
  faulty: SystemLine[]
  /** The same day without the fault. */
  normal: SystemLine[]
}

/** The first systems in which such a fault has a place that fits. */
const cases = (
  kind: FaultKind,
  fits: (truth: Truth, system: System) => boolean = () => true,
  count = 1,
): Case[] => {
  const out: Case[] = []
  for (let seed = 1; seed <= 60 && out.length < count; seed++) {
    const system = systemOf(seed % 10)
    const fault = planSystemFault(system, { kind, seed, from: FROM, to: TO })
    if (fault === undefined || !fits(fault.truth, system)) continue
    const window = { seed, from: START, to: TO + MINUTE / 2 }
    const faulty = runSystem(system, { ...window, prepare: fault.prepare })
    out.push({ system, truth: fault.truth, faulty, normal: runSystem(system, window) })
  }
  expect(out).toHaveLength(count)
  return out
}

const roleOf = (system: System, name: string) =>
  system.services.find(service => service.name === name)!

const during = (lines: readonly SystemLine[], { from, to }: Truth): SystemLine[] =>
  lines.filter(({ at }) => at >= from + 5_000 && at < to)

const count = (lines: readonly SystemLine[], fits: (line: SystemLine) => boolean): number =>
  lines.filter(fits).length

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

describe('faults of simulated systems', () => {
  for (const kind of SYSTEM_FAULTS) {
    test(`${kind}: nothing differs before it starts, something does afterwards`, () => {
      const [{ system, truth, faulty, normal }] = cases(kind) as [Case]
      const before = (lines: SystemLine[]) => lines.filter(line => line.arrived < truth.from)
      expect(before(faulty)).toEqual(before(normal))
      expect(during(faulty, truth)).not.toEqual(during(normal, truth))
      const service = roleOf(system, truth.service)
      if (truth.instance !== undefined) expect(service.instances).toContain(truth.instance)
      expect(truth.affected).not.toContain(truth.service)
    }, 20_000)
  }

  test('a crashed instance writes nothing, then comes back; the others carry on', () => {
    const [{ truth, faulty }] = cases(
      'crash',
      (t, system) => roleOf(system, t.service).instances.length > 1,
    ) as [Case]
    const own = faulty.filter(({ service }) => service === truth.service)
    expect(count(during(own, truth), ({ instance }) => instance === truth.instance)).toBe(0)
    expect(
      count(during(own, truth), ({ instance }) => instance !== truth.instance),
    ).toBeGreaterThan(0)
    const back = own.filter(({ at, instance }) => at >= truth.to && instance === truth.instance)
    expect(back.length).toBeGreaterThan(0)
  })

  test('a cache that is away sends its load to the database', () => {
    const [{ system, truth, faulty, normal }] = cases('cache outage', (t, system) => {
      const callers = t.affected
      return (
        system.services.some(({ role, logs }) => role === 'database' && logs) && callers.length > 0
      )
    }) as [Case]
    const hits = (lines: SystemLine[]) =>
      count(during(lines, truth), ({ template }) => /hit|found=true|Found|Cache has/.test(template))
    expect(hits(faulty)).toBeLessThan(Math.max(1, hits(normal)))
    expect(during(faulty, truth).some(({ service }) => service === truth.service)).toBe(false)
    expect(system.services.some(({ name }) => name === truth.service)).toBe(true)
  })

  test('what a slow callee does makes its callers slow, time out and complain', () => {
    const complaints = (lines: SystemLine[], truth: Truth) =>
      count(
        during(lines, truth),
        ({ service, level }) =>
          level !== 'info' && level !== 'debug' && truth.affected.includes(service),
      )
    const hung = cases('hang', ({ affected }) => affected.length > 0, 3)
    for (const { truth, faulty, normal } of hung) {
      expect(complaints(faulty, truth)).toBeGreaterThan(2 * complaints(normal, truth) + 3)
    }
  }, 20_000)

  test('a stuck consumer writes nothing about messages while those who send go on', () => {
    const [{ system, truth, faulty, normal }] = cases('stuck consumer') as [Case]
    const traced = (lines: SystemLine[], own: boolean) =>
      count(during(lines, truth), line => (line.service === truth.service) === own)
    expect(traced(faulty, true)).toBeLessThan(traced(normal, true) / 3)
    expect(traced(faulty, false)).toBeGreaterThan(traced(normal, false) / 2)
    expect(roleOf(system, truth.service).role).toBe('worker')
  })

  test('a memory leak makes collections longer and restarts what leaks', () => {
    const [{ system, truth, faulty, normal }] = cases('memory leak') as [Case]
    const { words } = roleOf(system, truth.service)
    const pattern = words.gc!.text.replace(/\{\w+\}/g, '<*>')
    const place = [...words.gc!.text.matchAll(/\{(\w+)\}/g)].findIndex(
      ([, name]) => name === 'took',
    )
    const pauses = (lines: SystemLine[]) =>
      during(lines, truth)
        .filter(({ service, template }) => service === truth.service && template === pattern)
        .map(({ params }) => Number(params[place]))
    expect(mean(pauses(faulty))).toBeGreaterThan(1.5 * mean(pauses(normal)))
    const started = words.started![0]!.text.replace(/\{\w+\}/g, '<*>')
    expect(count(faulty, ({ template }) => template === started)).toBeGreaterThan(0)
    expect(count(normal, ({ template }) => template === started)).toBe(0)
  })

  test('an exhausted pool lets its own service fail while the database is well', () => {
    const [{ truth, faulty, normal }] = cases(
      'pool exhausted',
      (t, system) => roleOf(system, t.service).words.poolEmpty !== undefined,
    ) as [Case]
    const bad = (lines: SystemLine[]) =>
      count(
        during(lines, truth),
        ({ service, level }) => service === truth.service && level === 'error',
      )
    expect(bad(faulty)).toBeGreaterThan(bad(normal) + 5)
  })

  test('a failing service outside never writes a line, others name it', () => {
    for (const { truth, faulty } of cases('outside failure', undefined, 2)) {
      expect(faulty.some(({ service }) => service === truth.service)).toBe(false)
      const named = during(faulty, truth).filter(({ text }) => text.includes(truth.service))
      expect(named.length).toBeGreaterThan(5)
    }
  })

  test('the cause is seldom the one with most error lines', () => {
    let first = 0
    let all = 0
    for (const kind of SYSTEM_FAULTS) {
      const [{ truth, faulty }] = cases(kind) as [Case]
      const errors = new Map<string, number>()
      for (const { service, level } of during(faulty, truth)) {
        if (level === 'error') errors.set(service, (errors.get(service) ?? 0) + 1)
      }
      const [loudest] = [...errors].sort((a, b) => b[1] - a[1])
      all++
      if (loudest?.[0] === truth.service) first++
    }
    expect(first / all).toBeLessThan(0.5)
    expect(first).toBeGreaterThan(0)
  }, 30_000)
})
