import { describe, expect, test } from 'bun:test'
import {
  createRenderer,
  createSystem,
  FAMILIES,
  runSystem,
  type System,
  type SystemLine,
} from '../../src/core/simulator/systems/systems.ts'

const START = Date.UTC(2026, 0, 5, 8)
const MINUTE = 60_000
const [dev] = FAMILIES

const run = (system: System, seed = 1, minutes = 2): SystemLine[] =>
  runSystem(system, { seed, from: START, to: START + minutes * MINUTE })

describe('simulated systems', () => {
  test('are the same for the same seed, and others for another', () => {
    const system = createSystem(dev!, 3)
    expect(createSystem(dev!, 3)).toEqual(system)
    expect(run(system)).toEqual(run(createSystem(dev!, 3)))
    expect(run(system, 2).slice(0, 50)).not.toEqual(run(system).slice(0, 50))
    expect(createSystem(dev!, 4).services).not.toEqual(system.services)
  })

  test('of different families share no service, no text and no layout', () => {
    const words = FAMILIES.map(family => {
      const names = new Set<string>()
      for (const seed of [1, 2, 3, 4, 5]) {
        for (const service of createSystem(family, seed).services) {
          names.add(service.name).add(service.layout)
          for (const [, text] of JSON.stringify(service).matchAll(/"text":"([^"]*)"/g)) {
            names.add(text!.replace(/\{\w+\}/g, '*'))
          }
        }
      }
      return names
    })
    for (const [i, own] of words.entries()) {
      for (const other of words.slice(i + 1)) {
        expect([...own].filter(word => other.has(word))).toEqual([])
      }
    }
  })

  test('differ in size, and write in every way of collecting lines', () => {
    for (const family of FAMILIES) {
      const systems = Array.from({ length: 16 }, (_, seed) => createSystem(family, seed))
      expect(new Set(systems.map(({ services }) => services.length)).size).toBeGreaterThan(5)
      expect(new Set(systems.map(({ house }) => house.shape)).size).toBe(4)
      for (const system of systems) {
        const names = system.services.map(({ name }) => name)
        expect(new Set(names).size).toBe(names.length)
      }
    }
  })

  test('write records that name service, instance and trace, with every slot filled', () => {
    const system = [1, 2, 3, 4, 5, 6, 7].map(seed => createSystem(dev!, seed))
    const records = system.find(({ house }) => house.shape === 'records')!
    const { fields } = records.house
    const lines = run(records)
    const render = createRenderer(records)
    for (const line of lines) {
      const record = JSON.parse(render(line).text)
      expect(record[fields.service]).toBe(line.service)
      expect(record[fields.instance]).toBe(line.instance)
      expect(record[fields.message]).toBe(line.text)
      expect(line.text).not.toMatch(/[{<]\w+[}>]/)
    }
    expect(lines.filter(({ span }) => span !== undefined).length).toBeGreaterThan(100)
  })

  test('let requests travel through several services', () => {
    const lines = run(createSystem(dev!, 3))
    const traces = Map.groupBy(
      lines.filter(({ trace }) => trace !== undefined),
      ({ trace }) => trace,
    )
    const crossing = [...traces.values()].filter(
      list => new Set(list.map(({ service }) => service)).size > 2,
    )
    expect(crossing.length).toBeGreaterThan(20)
  })

  test('have lines that come out of order, and hosts whose clocks differ', () => {
    const system = createSystem(dev!, 3)
    const lines = run(system)
    const arrived = lines.map(line => line.arrived)
    expect(arrived).toEqual([...arrived].sort((a, b) => a - b))
    const late = lines.filter((line, i) => i > 0 && line.at < lines[i - 1]!.at)
    expect(late.length).toBeGreaterThan(lines.length / 20)
    expect(system.clockMs).toBeGreaterThan(0)
  })

  test('know errors and warnings on normal days, and few of them', () => {
    for (const seed of [1, 3, 5]) {
      const lines = run(createSystem(dev!, seed), 1, 10)
      const bad = lines.filter(({ level }) => level === 'error' || level === 'warn')
      expect(bad.length).toBeGreaterThan(3)
      expect(bad.length).toBeLessThan(lines.length / 50)
    }
  }, 30_000)
})
