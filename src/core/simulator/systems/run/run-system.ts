import { createRandom } from '../../random.ts'
import type { System } from '../plan.ts'
import { lagOf, startBackground } from './background.ts'
import { createClock } from './clock.ts'
import { createPlaces } from './places.ts'
import { arrive } from './request.ts'
import { freshPools } from './restart.ts'
import type { Host, Instance, SystemLine, World } from './world.ts'

export interface RunOptions {
  /** Traffic and chance: other seeds are other days of the same system. */
  seed: number
  /** Epoch ms. */
  from: number
  to: number
  /** Called once the system runs, before anything is written. */
  prepare?(world: World): void
}

/** Before the first line that counts, so that queues and timers are under way. */
const WARM_UP_MS = 20_000

/** Runs a system for a while; lines come in the order in which collectors handed them over. */
export const runSystem = (system: System, options: RunOptions): SystemLine[] => {
  const { from, to, seed } = options
  const world = createWorld(system, seed, from - WARM_UP_MS)
  options.prepare?.(world)
  startBackground(world)
  world.clock.start(arrive(world))
  world.clock.run(to)
  return world.lines
    .filter(({ at }) => at >= from && at < to)
    .sort(
      (a, b) =>
        a.arrived - b.arrived || (a.instance < b.instance ? -1 : a.instance > b.instance ? 1 : 0),
    )
}

const createWorld = (system: System, seed: number, start: number): World => {
  const clock = createClock(start)
  const world: World = {
    ...{ system, clock, random: createRandom(seed) },
    arrivals: createRandom(seed).fork(1),
    instances: new Map(),
    queues: new Map(system.topics.map(({ name }) => [name, { messages: [], waiting: [] }])),
    locks: new Map(),
    ...{ links: [], lines: [] },
    lag: instance => lagOf(world, instance),
  }
  const hosts = hostsOf(system)
  let next = 0
  for (const service of system.services) {
    const list = service.instances.map((name): Instance => {
      const instance: Instance = {
        ...{ service, name, host: hosts[next++ % hosts.length]! },
        workers: createPlaces(clock, service.workers, service.queue),
        pools: new Map(),
        ...{ operations: service.operations, version: service.version },
        ...{
          cpu: 1,
          hiccup: 1,
          pausedUntil: 0,
          down: false,
          unreachable: false,
          listed: true,
          life: 0,
        },
        ...{ mute: false, diskFull: false, stuck: false },
        heap: { used: (0.2 + 0.5 * world.random.next()) * service.heap, live: 0.15 * service.heap },
        breakers: new Map(),
      }
      freshPools(world, instance)
      return instance
    })
    world.instances.set(service.name, list)
  }
  return world
}

/** Hosts belong to the system, not to the day: their clocks stay as wrong as they are. */
const hostsOf = ({ seed, clockMs, services }: System): Host[] => {
  const random = createRandom(seed).fork(77)
  const count = Math.max(2, Math.ceil(services.length / 3))
  return Array.from({ length: count }, (_, i) => ({
    name: `node-${i + 1}`,
    offset: (2 * random.next() - 1) * clockMs,
    shipMs: random.int(50, 900),
  }))
}
