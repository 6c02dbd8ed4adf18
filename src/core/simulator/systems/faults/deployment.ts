import type { Random } from '../../random.ts'
import type { Operation, Service, Step, System } from '../plan.ts'
import { begin, stop } from '../run/restart.ts'
import type { Instance, World } from '../run/world.ts'
import { write } from '../run/write.ts'
import {
  busyOperations,
  callSites,
  type FaultMaker,
  hitInstances,
  isBusiness,
  replace,
  restore,
} from './fault.ts'

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
