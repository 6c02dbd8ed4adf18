import type { Random } from '../../random.ts'
import type { Call, Operation, Service, Step, System } from '../plan.ts'
import { eachStep } from '../plan.ts'
import type { Instance, World } from '../run/world.ts'
import { instancesOf } from '../run/world.ts'

export type FaultKind =
  | 'early return'
  | 'exception'
  | 'cpu'
  | 'network delay'
  | 'packet loss'
  | 'crash'
  | 'cache outage'
  | 'lock contention'
  | 'slow statement'
  | 'outside failure'
  | 'stuck consumer'
  | 'bad deployment'
  | 'memory leak'
  | 'configuration'
  | 'silence'
  | 'hang'
  | 'disk full'
  | 'pool exhausted'
  | 'database outage'
  | 'broker outage'
  | 'wrong credentials'

/** What was wrong, where and when: the ground truth. */
export interface Truth {
  kind: FaultKind
  service: string
  /** Where only one of several is hit. */
  instance?: string
  /** Epoch ms. */
  from: number
  to: number
  about: string
  /** Services that feel it because they call or feed the cause, by whatever way. */
  affected: string[]
  /** Answers that are as right: the other end of a link. */
  alike: string[]
}

/** Something that can go wrong, drawn for one system. */
export interface Fault {
  service: string
  instance?: string
  alike?: string[]
  about: string
  begin(world: World): void
  end(world: World): void
}

/** Draws a fault of one kind, or none where the system has nothing that it could hit. */
export type FaultMaker = (system: System, random: Random, expected: Expected) => Fault | undefined

export interface Expected {
  /** Requests per second that an operation must have for its fault to show. */
  least: number
  ms: number
}

/** One of several instances now and then, otherwise all of them. */
export const drawInstance = (random: Random, { instances }: Service, share = 0.4) =>
  instances.length > 1 && random.next() < share ? random.pick(instances) : undefined

export const hitInstances = (world: World, service: string, one: string | undefined): Instance[] =>
  instancesOf(world, service).filter(({ name }) => one === undefined || name === one)

/** Replaces an operation of some instances for a while. */
export const replace = (
  instances: readonly Instance[],
  name: string,
  change: (operation: Operation) => Operation,
): void => {
  for (const instance of instances) {
    const operation = instance.operations[name]!
    instance.operations = { ...instance.operations, [name]: change(operation) }
  }
}

export const restore = (instances: readonly Instance[]): void => {
  for (const instance of instances) instance.operations = instance.service.operations
}

export const isBusiness = ({ role }: Service): boolean =>
  role === 'logic' || role === 'worker' || role === 'gateway'

/** Requests per second that come to a service. */
export const rateOf = ({ operations }: Service): number =>
  Object.values(operations).reduce((sum, { rate }) => sum + rate, 0)

/** Operations that requests come to often enough. */
export const busyOperations = ({ operations }: Service, { least }: Expected): Operation[] =>
  Object.values(operations).filter(({ rate }) => rate >= least)

export interface CallSite {
  service: Service
  operation: Operation
  step: Step & { do: 'call' | 'cached' | 'publish' }
}

/** All calls of a system, with who makes them. */
export const callSites = (system: System): CallSite[] => {
  const sites: CallSite[] = []
  for (const service of system.services) {
    for (const operation of Object.values(service.operations)) {
      if (operation.rate === 0) continue
      eachStep(operation.steps, step => {
        if (step.do === 'call' || step.do === 'cached' || step.do === 'publish') {
          sites.push({ service, operation, step })
        }
      })
    }
  }
  return sites
}

/** Lines that callers write around calls that fail, and around calls that take long. */
const FAILING = ({ words, onFailure }: Call) => [
  words.before,
  words.retry,
  onFailure === 'degrade' ? (words.degraded ?? words.failed) : words.failed,
]
const SLOW = ({ words }: Call) => [words.before, words.after, words.slow]

/** Of calls to somebody, the share around which he must be named for his trouble to be told. */
const OFTEN_NAMED = 0.6

/** Whether others speak of it by name when it fails, or when it is slow. */
export const isNamed = (system: System, name: string, how: 'failing' | 'slow'): boolean => {
  let all = 0
  let named = 0
  for (const { service, operation, step } of callSites(system)) {
    if (step.call.to !== name) continue
    all += operation.rate
    const lines = how === 'failing' ? FAILING(step.call) : SLOW(step.call)
    if (service.logs && lines.some(line => line?.text.includes(name))) named += operation.rate
  }
  return all > 0 && named >= OFTEN_NAMED * all
}

/** Whether its own lines show each request. */
export const showsRequests = (service: Service): boolean => service.logs && isBusiness(service)

/** Lines that one of its instances writes in a second, about. */
export const ownLines = ({ logs, operations, periodic, instances }: Service): number => {
  if (!logs) return 0
  let requests = 0
  for (const { rate, steps } of Object.values(operations)) {
    requests += rate * steps.filter(step => step.do === 'say').length
  }
  return (
    requests / instances.length + periodic.reduce((sum, { everyMs }) => sum + 1000 / everyMs, 0)
  )
}

/** Callers, callers of callers, and who takes what they send. */
export const affectedBy = (system: System, name: string): string[] => {
  const sites = callSites(system)
  const out = new Set<string>()
  const open = [name]
  while (open.length > 0) {
    const at = open.pop()!
    for (const { service, step } of sites) {
      if (step.call.to !== at || out.has(service.name) || service.name === name) continue
      out.add(service.name)
      open.push(service.name)
    }
  }
  for (const { consumer, broker } of system.topics) {
    if (broker === name || out.has(broker)) out.add(consumer)
  }
  out.delete(name)
  return [...out]
}
