import type { Operation, Service, Step, System } from '../plan.ts'
import type { Process } from '../run/clock.ts'
import { lockOf } from '../run/perform.ts'
import { begin, stop } from '../run/restart.ts'
import type { World } from '../run/world.ts'
import {
  callSites,
  drawInstance,
  type FaultMaker,
  hitInstances,
  isNamed,
  ownLines,
  rateOf,
  replace,
  restore,
} from './fault.ts'

/** Lines of its own that must be missing, where nobody else speaks of it. */
const LEAST_BEATS = 4

/** What keeps data is away: a cache, whose callers go to the database, a database, or a broker. */
const outage =
  (role: 'cache' | 'database' | 'broker'): FaultMaker =>
  (system, random, { least, ms }) => {
    const able = system.services.filter(
      service =>
        service.role === role &&
        rateOf(service) >= least &&
        (isNamed(system, service.name, 'failing') ||
          (ownLines(service) * ms) / 1000 >= LEAST_BEATS),
    )
    if (able.length === 0) return undefined
    const service = random.pick(able)
    const isUnreachable = random.next() < 0.5
    const hit = (world: World) => hitInstances(world, service.name, undefined)
    return {
      service: service.name,
      about: isUnreachable ? 'answers nobody' : 'refuses connections',
      begin: world => {
        for (const each of hit(world)) stop(world, each, isUnreachable)
      },
      end: world => {
        for (const each of hit(world)) begin(world, each)
      },
    }
  }

export const cacheOutage = outage('cache')
export const databaseOutage = outage('database')
export const brokerOutage = outage('broker')

/** Whether it says itself what took so long, or others say for whom they waited. */
const tellsOfWaits = (system: System, { name, logs, words }: Service): boolean =>
  (logs && words.slowQuery !== undefined) || isNamed(system, name, 'slow')

/** Somebody holds the lock of a table for long, again and again. */
export const lockContention: FaultMaker = (system, random, { least }) => {
  const able = system.services
    .filter(service => service.role === 'database' && tellsOfWaits(system, service))
    .flatMap(service =>
      Object.values(service.operations)
        .filter(({ rate, name }) => rate >= least && name.startsWith('update.'))
        .map(({ name }) => ({ service, table: name.slice('update.'.length) })),
    )
  if (able.length === 0) return undefined
  const { service, table } = random.pick(able)
  const held = random.pick([800, 2_000, 6_000])
  let isOver = false
  const hold = function* (world: World): Process<void> {
    const lock = lockOf(world, service.name, table)
    while (!isOver) {
      if ((yield* lock.enter(Infinity)) !== 'in') return
      yield world.random.around(held, 0.3)
      lock.leave()
      yield world.random.around(held * 0.1, 0.3)
    }
  }
  return {
    service: service.name,
    about: `the lock of ${table} is held for ${held} ms at a time`,
    begin: world => {
      isOver = false
      world.clock.start(hold(world))
    },
    end: () => {
      isOver = true
    },
  }
}

const slower =
  (times: number) =>
  (whole: Operation): Operation => ({
    ...whole,
    steps: whole.steps.map(step => slow(step, times)),
  })

const slow = (step: Step, times: number): Step => {
  if (step.do === 'work') return { ...step, ms: step.ms * times + 100 }
  return step.do === 'lock' ? { ...step, steps: step.steps.map(each => slow(each, times)) } : step
}

/** One statement has lost its index. */
export const slowStatement: FaultMaker = (system, random, { least }) => {
  const able = system.services
    .filter(service => service.role === 'database' && tellsOfWaits(system, service))
    .flatMap(service =>
      Object.values(service.operations)
        .filter(({ rate }) => rate >= least)
        .map(({ name }) => ({ service, name })),
    )
  if (able.length === 0) return undefined
  const { service, name } = random.pick(able)
  const times = random.pick([20, 60])
  return {
    service: service.name,
    about: `${name} takes ${times} times as long`,
    begin: world => replace(hitInstances(world, service.name, undefined), name, slower(times)),
    end: world => restore(hitInstances(world, service.name, undefined)),
  }
}

/** A service outside fails or takes for ever; it has no log here. */
export const outsideFailure: FaultMaker = (system, random, { least }) => {
  const able = system.services.filter(
    service =>
      service.role === 'outside' &&
      isNamed(system, service.name, 'failing') &&
      rateOf(service) >= least,
  )
  if (able.length === 0) return undefined
  const service = random.pick(able)
  const isSlow = random.next() < 0.4
  const p = random.pick([0.6, 0.9, 1])
  return {
    service: service.name,
    about: isSlow ? 'answers 30 times as slowly' : `answers ${100 * p} % with an error`,
    begin: world => {
      for (const each of hitInstances(world, service.name, undefined)) {
        if (isSlow) each.cpu = 30
        for (const name of isSlow ? [] : Object.keys(each.operations)) {
          replace([each], name, whole => ({
            ...whole,
            steps: [...whole.steps, { do: 'maybe', p, steps: [{ do: 'throw' }] }],
          }))
        }
      }
    },
    end: world => {
      for (const each of hitInstances(world, service.name, undefined)) {
        each.cpu = 1
        restore([each])
      }
    },
  }
}

/** A consumer takes nothing any more: its queue grows. */
export const stuckConsumer: FaultMaker = (system, random, { least }) => {
  const able = system.services.filter(
    service => service.role === 'worker' && service.logs && rateOf(service) >= least,
  )
  if (able.length === 0) return undefined
  const service = random.pick(able)
  const set = (world: World, stuck: boolean): void => {
    for (const each of hitInstances(world, service.name, undefined)) each.stuck = stuck
  }
  return {
    service: service.name,
    about: 'takes nothing from its queue',
    begin: world => set(world, true),
    end: world => set(world, false),
  }
}

const LEAK_MS = 6_000

/** Connections are not given back until none is left. */
export const poolExhausted: FaultMaker = (system, random, { least }) => {
  const able = callSites(system).filter(
    ({ service, operation, step }) =>
      service.logs &&
      operation.rate >= least &&
      system.services.some(({ name, role }) => name === step.call.to && role === 'database'),
  )
  if (able.length === 0) return undefined
  const { service, step } = random.pick(able)
  const instance = drawInstance(random, service)
  const hit = (world: World) => hitInstances(world, service.name, instance)
  return {
    ...{ service: service.name, ...(instance && { instance }) },
    about: `connections to ${step.call.to} are not given back`,
    begin: world => {
      for (const each of hit(world)) {
        for (let i = 1; i <= service.pool; i++) {
          world.clock.after(i * LEAK_MS, () => each.pools.get(step.call.to)?.leak(1))
        }
      }
    },
    end: world => {
      for (const each of hit(world)) each.pools.get(step.call.to)?.leak(-service.pool)
    },
  }
}
