import type { Random } from '../../random.ts'
import { type Operation, type Service, type Step, type System, serviceNamed } from '../plan.ts'
import type { World } from '../run/world.ts'
import {
  busyOperations,
  drawInstance,
  type Expected,
  type FaultMaker,
  hitInstances,
  isBusiness,
  replace,
  restore,
} from './fault.ts'

interface Place {
  service: Service
  operation: Operation
  /** The fault stands before this step. */
  at: number
}

/** Places inside of operations after which something is still to be seen. */
const places = (system: System, expected: Expected): Place[] =>
  system.services
    .filter(service => isBusiness(service) && service.logs)
    .flatMap(service =>
      busyOperations(service, expected).flatMap(operation =>
        operation.steps.flatMap((_, at) =>
          at >= 2 && shows(system, operation.steps.slice(at)) ? [{ service, operation, at }] : [],
        ),
      ),
    )

/** Whether these steps always write a line, or call somebody who does. */
const shows = (system: System, steps: readonly Step[]): boolean =>
  steps.some(step => {
    if (step.do === 'say') return true
    if (step.do === 'together') return step.branches.some(branch => shows(system, branch))
    if (step.do !== 'call') return false
    const { words, to, op } = step.call
    const callee = serviceNamed(system, to)
    const told = words.before ?? words.after
    return told !== undefined || (callee.logs && callee.operations[op]!.weight >= 1)
  })

const insert = (operation: Operation, at: number, step: Step): Operation => ({
  ...operation,
  steps: operation.steps.toSpliced(at, 0, step),
})

const pickPlace = (random: Random, all: readonly Place[]): Place | undefined => {
  if (all.length === 0) return undefined
  const service = random.pick([...new Set(all.map(place => place.service))])
  return random.pick(all.filter(place => place.service === service))
}

/** A method comes back before it has done its work; nobody notices. */
export const earlyReturn: FaultMaker = (system, random, expected) => {
  const place = pickPlace(random, places(system, expected))
  if (place === undefined) return undefined
  const { service, operation, at } = place
  const p = random.pick([0.6, 0.9, 1])
  const instance = drawInstance(random, service, 0.25)
  const hit = (world: World) => hitInstances(world, service.name, instance)
  return {
    ...{ service: service.name, ...(instance && { instance }) },
    about: `${operation.name} returns before step ${at + 1} of ${operation.steps.length} in ${100 * p} %`,
    begin: world =>
      replace(hit(world), operation.name, whole =>
        insert(whole, at, { do: 'maybe', p, steps: [{ do: 'return' }] }),
      ),
    end: world => restore(hit(world)),
  }
}

/** A method throws; told by an ordinary error line, or by nobody but the callers. */
export const exception: FaultMaker = (system, random, expected) => {
  const place = pickPlace(random, places(system, expected))
  if (place === undefined) return undefined
  const { service, operation, at } = place
  const p = random.pick([0.4, 0.7, 1])
  const instance = drawInstance(random, service, 0.25)
  const line = random.next() < 0.6 ? random.pick(service.spare.thrown) : undefined
  const thrown: Step = { do: 'throw', ...(line && { line }) }
  const hit = (world: World) => hitInstances(world, service.name, instance)
  return {
    ...{ service: service.name, ...(instance && { instance }) },
    about: `${operation.name} throws before step ${at + 1} in ${100 * p} %, ${line ? 'told' : 'untold'}`,
    begin: world =>
      replace(hit(world), operation.name, whole =>
        insert(whole, at, { do: 'maybe', p, steps: [thrown] }),
      ),
    end: world => restore(hit(world)),
  }
}
