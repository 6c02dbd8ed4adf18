import { eachStep, type Service } from '../plan.ts'
import { begin, stop } from '../run/restart.ts'
import type { World } from '../run/world.ts'
import {
  busyOperations,
  drawInstance,
  type Expected,
  type FaultMaker,
  hitInstances,
  isBusiness,
  isNamed,
  ownLines,
  rateOf,
  showsRequests,
} from './fault.ts'

const worksHard = (service: Service, expected: Expected): boolean =>
  busyOperations(service, expected).some(({ steps }) => {
    let lines = 0
    let ms = 0
    eachStep(steps, step => {
      if (step.do === 'say') lines++
      if (step.do === 'work') ms += step.ms
    })
    return ms > 4 && (lines >= 2 || service.role === 'database')
  })

/** Work takes many times as long. */
export const cpu: FaultMaker = (system, random, expected) => {
  const able = system.services.filter(
    service =>
      worksHard(service, expected) &&
      (showsRequests(service) ||
        (service.role === 'database' && isNamed(system, service.name, 'slow'))),
  )
  if (able.length === 0) return undefined
  const service = random.pick(able)
  const instance = drawInstance(random, service)
  const times = service.role === 'database' ? random.pick([15, 40]) : random.pick([8, 15, 30])
  const hit = (world: World) => hitInstances(world, service.name, instance)
  return {
    ...{ service: service.name, ...(instance && { instance }) },
    about: `everything takes ${times} times as long`,
    begin: world => {
      for (const each of hit(world)) each.cpu = times
    },
    end: world => {
      for (const each of hit(world)) each.cpu = 1
    },
  }
}

/** Lines that an instance must write in the time of a fault for its silence to be heard. */
const LEAST_LINES = 8

const isHeard = (service: Service, ms: number): boolean =>
  (ownLines(service) * ms) / 1000 >= LEAST_LINES

/** An instance dies; with a second one the registry sends all to that after a while. */
export const crash: FaultMaker = (system, random, { least, ms }) => {
  const able = system.services.filter(
    service => isBusiness(service) && rateOf(service) >= least && isHeard(service, ms),
  )
  if (able.length === 0) return undefined
  const many = able.filter(({ instances }) => instances.length > 1)
  const service = random.pick(many.length > 0 && random.next() < 0.6 ? many : able)
  const instance = random.pick(service.instances)
  const isUnreachable = random.next() < 0.4
  const hit = (world: World) => hitInstances(world, service.name, instance)
  return {
    ...{ service: service.name, instance },
    about: `one of ${service.instances.length} is gone${isUnreachable ? ' with its host' : ''}`,
    begin: world => {
      for (const each of hit(world)) stop(world, each, isUnreachable)
    },
    end: world => {
      for (const each of hit(world)) begin(world, each)
    },
  }
}

/** Its lines do not get out any more; otherwise it works. */
export const silence: FaultMaker = (system, random, { ms }) => {
  const able = system.services.filter(service => isHeard(service, ms))
  if (able.length === 0) return undefined
  const service = random.pick(able)
  const instance = drawInstance(random, service)
  const hit = (world: World) => hitInstances(world, service.name, instance)
  return {
    ...{ service: service.name, ...(instance && { instance }) },
    about: 'writes no lines',
    begin: world => {
      for (const each of hit(world)) each.mute = true
    },
    end: world => {
      for (const each of hit(world)) each.mute = false
    },
  }
}

/** It stands still: takes requests and answers none. */
export const hang: FaultMaker = (system, random, { least, ms }) => {
  const able = system.services.filter(
    service => isBusiness(service) && service.logs && rateOf(service) >= least,
  )
  if (able.length === 0) return undefined
  const service = random.pick(able)
  const instance = drawInstance(random, service)
  const hit = (world: World) => hitInstances(world, service.name, instance)
  return {
    ...{ service: service.name, ...(instance && { instance }) },
    about: 'stands still',
    begin: world => {
      for (const each of hit(world)) each.pausedUntil = world.clock.now + ms
    },
    end: world => {
      for (const each of hit(world)) each.pausedUntil = 0
    },
  }
}
