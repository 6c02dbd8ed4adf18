import { eachStep, type Service, type Step, type System } from '../plan.ts'
import { begin, stop } from '../run/restart.ts'
import type { Instance, World } from '../run/world.ts'
import {
  drawInstance,
  type FaultMaker,
  hitInstances,
  isBusiness,
  isNamed,
  rateOf,
} from './fault.ts'

const LEAK_STEP_MS = 2_000
const DOWN_MS = 6_000

/** Memory is never given back: pauses get longer and more frequent until it dies and restarts. */
export const memoryLeak: FaultMaker = (system, random, { least, ms }) => {
  const able = system.services.filter(
    service => service.heap > 0 && service.logs && service.words.gc && rateOf(service) >= least,
  )
  if (able.length === 0) return undefined
  const service = random.pick(able)
  const instance = drawInstance(random, service, 0.6)
  const growth = (service.heap * LEAK_STEP_MS) / (ms * random.pick([0.4, 0.6]))
  const hit = (world: World) => hitInstances(world, service.name, instance)
  let isOver = false
  const grow = (world: World, each: Instance): void => {
    if (isOver) return
    each.heap.live += growth
    each.heap.used = Math.max(each.heap.used, each.heap.live)
    if (each.heap.live < 0.96 * service.heap) {
      world.clock.after(LEAK_STEP_MS, () => grow(world, each))
      return
    }
    stop(world, each)
    world.clock.after(DOWN_MS, () => {
      begin(world, each)
      grow(world, each)
    })
  }
  return {
    ...{ service: service.name, ...(instance && { instance }) },
    about: `leaks ${growth.toFixed(1)} MB every ${LEAK_STEP_MS / 1000} s of ${service.heap}`,
    begin: world => {
      isOver = false
      for (const each of hit(world)) grow(world, each)
    },
    end: world => {
      isOver = true
      for (const each of hit(world)) {
        if (each.down) begin(world, each)
        else each.heap.live = 0.15 * service.heap
      }
    },
  }
}

const writes = (steps: readonly Step[]): boolean => {
  let found = false
  eachStep(steps, step => {
    found ||= step.do === 'write file'
  })
  return found
}

/** Whether it says itself that it could not write, or others say whom they could not reach. */
const tellsOfDisk = (system: System, service: Service): boolean => {
  let isTold = false
  for (const { steps } of Object.values(service.operations)) {
    eachStep(steps, step => {
      isTold ||= step.do === 'write file' && step.words.failed !== undefined
    })
  }
  return service.logs && (isTold || isBusiness(service))
    ? true
    : isNamed(system, service.name, 'failing')
}

/** Nothing can be written any more; the log may stand on the same disk. */
export const diskFull: FaultMaker = (system, random, expected) => {
  const able = system.services.filter(
    service =>
      service.writesDisk &&
      tellsOfDisk(system, service) &&
      Object.values(service.operations).some(
        ({ rate, steps }) => rate >= expected.least && writes(steps),
      ),
  )
  if (able.length === 0) return undefined
  const service = random.pick(able)
  const instance = drawInstance(random, service)
  const isMute = random.next() < 0.3
  const hit = (world: World) => hitInstances(world, service.name, instance)
  return {
    ...{ service: service.name, ...(instance && { instance }) },
    about: `disk full${isMute ? ', its log stands on it' : ''}`,
    begin: world => {
      for (const each of hit(world)) {
        each.diskFull = true
        each.mute = isMute
      }
    },
    end: world => {
      for (const each of hit(world)) {
        each.diskFull = false
        each.mute = false
      }
    },
  }
}
