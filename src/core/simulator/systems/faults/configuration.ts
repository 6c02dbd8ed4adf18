import type { Operation, Service, Step, System } from '../plan.ts'
import type { Instance } from '../run/world.ts'
import { write } from '../run/write.ts'
import {
  type CallSite,
  callSites,
  type Expected,
  type FaultMaker,
  hitInstances,
  isBusiness,
  replace,
  restore,
} from './fault.ts'

/** Calls straight out of busy operations, of whose failure the caller tells. */
const toldCalls = (
  system: System,
  { least }: Expected,
  fits: (callee: Service) => boolean,
): CallSite[] =>
  callSites(system).filter(
    ({ service, operation, step: { do: kind, call } }) =>
      kind === 'call' &&
      isBusiness(service) &&
      service.logs &&
      fits(system.services.find(({ name }) => name === call.to)!) &&
      operation.rate >= least &&
      operation.steps.some(step => step.do === 'call' && step.call === call) &&
      (call.words.failed ?? call.words.degraded ?? call.words.retry) !== undefined,
  )

/** One kind of request is set up wrongly: a patience, an address or a value of one call. */
export const configuration: FaultMaker = (system, random, expected) => {
  const sites = toldCalls(system, expected, callee => callee.logs)
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

/** A service is no longer let in by a database, cache or broker; others are. */
export const wrongCredentials: FaultMaker = (system, random, expected) => {
  const sites = toldCalls(
    system,
    expected,
    callee => !isBusiness(callee) && callee.role !== 'outside',
  )
  if (sites.length === 0) return undefined
  const { service, step } = random.pick(sites)
  const { to } = step.call
  const refused = 'not let in'
  const change = (whole: Operation): Operation => ({
    ...whole,
    steps: whole.steps.map(
      (each): Step =>
        each.do === 'call' && each.call.to === to
          ? { ...each, call: { ...each.call, op: refused } }
          : each,
    ),
  })
  const door: Operation = {
    ...{ name: refused, rate: 0, weight: 0, ms: 1 },
    steps: [
      { do: 'work', ms: 1, spread: 0.3 },
      { do: 'throw', why: 'denied' },
    ],
  }
  return {
    service: service.name,
    about: `${to} does not let it in`,
    begin: world => {
      const instances = hitInstances(world, service.name, undefined)
      for (const { name } of Object.values(service.operations)) replace(instances, name, change)
      for (const each of hitInstances(world, to, undefined)) {
        each.operations = { ...each.operations, [refused]: door }
      }
    },
    end: world => {
      restore(hitInstances(world, service.name, undefined))
      restore(hitInstances(world, to, undefined))
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
