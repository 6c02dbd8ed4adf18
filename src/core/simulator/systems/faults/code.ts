import type { Random } from '../../random.ts'
import { type Operation, type Service, type Step, type System, serviceNamed } from '../plan.ts'
import { begin, stop } from '../run/restart.ts'
import type { Instance, World } from '../run/world.ts'
import { write } from '../run/write.ts'
import {
  busyOperations,
  callSites,
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

const RESTART_MS = 4_000

/** A new version: other wording here and there, and slower, chattier or wrong. */
export const badDeployment: FaultMaker = (system, random, expected) => {
  const able = system.services.filter(
    service => isBusiness(service) && service.logs && busyOperations(service, expected).length > 0,
  )
  if (able.length === 0) return undefined
  const service = random.pick(able)
  const operation = random.pick(busyOperations(service, expected))
  const what = random.pick(['slower', 'more calls', 'errors'] as const)
  const extra = extraCall(system, random, service)
  const [major, minor] = service.version.split('.')
  const version = `${major}.${Number(minor) + 1}.0`
  const slow = random.pick([4, 8, 15])
  const change = (whole: Operation): Operation => {
    const steps = whole.steps.map((step, i): Step => {
      if (step.do === 'say' && i > 0 && i % 2 === 0) {
        return { ...step, line: service.spare.steps[i % service.spare.steps.length]! }
      }
      return step.do === 'work' && what === 'slower' ? { ...step, ms: slow * (step.ms + 4) } : step
    })
    const at = Math.max(1, Math.floor(steps.length / 2))
    if (what === 'more calls' && extra !== undefined) {
      steps.splice(at, 0, { do: 'repeat', from: 4, to: 9, steps: [extra] })
    } else if (what !== 'slower') {
      const line = random.pick(service.spare.thrown)
      steps.splice(at, 0, { do: 'maybe', p: 0.5, steps: [{ do: 'throw', line }] })
    }
    return { ...whole, steps }
  }
  const roll = (world: World, to: string, act: (instance: Instance) => void): void => {
    hitInstances(world, service.name, undefined).forEach((instance, i) => {
      world.clock.after(i * RESTART_MS, () => {
        write(world, instance, service.words.stopped)
        stop(world, instance)
      })
      world.clock.after((i + 0.7) * RESTART_MS, () => {
        instance.version = to
        act(instance)
        begin(world, instance)
      })
    })
  }
  const isTold =
    what === 'more calls' && extra !== undefined ? what : what === 'slower' ? what : 'errors'
  return {
    service: service.name,
    about: `version ${version} in place of ${service.version}: ${isTold} in ${operation.name}`,
    begin: world => roll(world, version, each => replace([each], operation.name, change)),
    end: world => roll(world, service.version, each => restore([each])),
  }
}

/** A call that the old version makes elsewhere. */
const extraCall = (system: System, random: Random, service: Service): Step | undefined => {
  const own = callSites(system).filter(
    ({ service: from, step }) => from === service && step.do === 'call',
  )
  return own.length === 0 ? undefined : random.pick(own).step
}

/** One kind of request is set up wrongly: a patience, an address or a value of one call. */
export const configuration: FaultMaker = (system, random, expected) => {
  const sites = callSites(system).filter(({ service, operation, step: { do: kind, call } }) => {
    const callee = system.services.find(({ name }) => name === call.to)!
    return (
      kind === 'call' &&
      isBusiness(service) &&
      service.logs &&
      callee.logs &&
      operation.rate >= expected.least &&
      operation.steps.some(step => step.do === 'call' && step.call === call) &&
      (call.words.failed ?? call.words.degraded ?? call.words.retry) !== undefined
    )
  })
  if (sites.length === 0) return undefined
  const { service, operation, step } = random.pick(sites)
  const { call } = step
  const callee = system.services.find(({ name }) => name === call.to)!
  // A wrong value is seen where lines say the value; otherwise whoever refuses it would look guilty.
  const isSaid = operation.steps.some(
    each => each.do === 'say' && Object.keys(valuesOf(each, '')).length > 0,
  )
  const modes = ['patience', 'address', 'value'] as const
  const mode = random.pick(isBusiness(callee) && isSaid ? modes : modes.slice(0, 2))
  const wrong = random.pick(['sandbox', 'legacy', 'null', 'default', 'v0'])
  const bad = `${call.op} ${wrong}`
  const usual = callee.operations[call.op]!.ms
  const change = (whole: Operation): Operation => ({
    ...whole,
    steps: whole.steps.map((each): Step => {
      if (each.do === 'say' && mode === 'value') return { ...each, values: valuesOf(each, wrong) }
      if (each.do !== 'call' || each.call.id !== call.id) return each
      if (mode === 'patience') return { ...each, call: { ...call, timeoutMs: 0.15 * usual + 1 } }
      return { ...each, call: { ...call, op: mode === 'value' ? bad : 'nowhere' } }
    }),
  })
  return {
    service: service.name,
    about: `${operation.name} calls ${call.to} with a wrong ${mode}`,
    begin: world => {
      const instances = hitInstances(world, service.name, undefined)
      for (const instance of instances) write(world, instance, service.words.reloaded)
      replace(instances, operation.name, change)
      if (mode === 'value') {
        for (const each of hitInstances(world, callee.name, undefined))
          refuse(each, call.op, bad, wrong)
      }
    },
    end: world => {
      restore(hitInstances(world, service.name, undefined))
      restore(hitInstances(world, callee.name, undefined))
    },
  }
}

const valuesOf = ({ line }: Step & { do: 'say' }, wrong: string): Record<string, string> =>
  Object.fromEntries([...line.text.matchAll(/\{(w\d)\}/g)].map(([, slot]) => [slot!, wrong]))

/** The callee does as always until it looks at the value. */
const refuse = (instance: Instance, op: string, bad: string, wrong: string): void => {
  const whole = instance.operations[op]!
  const line = instance.service.spare.refusal[0]!
  const steps: Step[] = [
    ...whole.steps.slice(0, 2),
    { do: 'say', line, values: valuesOf({ do: 'say', line }, wrong) },
    { do: 'throw', why: 'rejected' },
  ]
  const { failed: _, ...rest } = whole
  instance.operations = { ...instance.operations, [bad]: { ...rest, name: bad, steps } }
}
