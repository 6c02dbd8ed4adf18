import type { AnomalyKind } from '../types.ts'
import { createRandom } from './random.ts'
import type { Topology } from './topology.ts'

/** A fault that is injected, and what it did: the ground truth. */
export interface Fault {
  id: string
  kind: AnomalyKind
  service: string
  /** Epoch ms: requests that start in [from, to) may be hit. */
  from: number
  to: number
  /** Share of the requests through the service that are hit; 1 for rate and silence. */
  share: number
  /** What the operator would read in the incident report. */
  about: string
  /** Keys of the requests that were hit; grows as the simulation goes on. */
  sessions: string[]
  /** Lines that the fault wrote, changed or swallowed so far. */
  lines: number
}

export const FAULT_KINDS: readonly AnomalyKind[] = [
  'new template',
  'sequence',
  'missing ending',
  'count',
  'rate',
  'silence',
  'value',
]

const ABOUT: Record<AnomalyKind, string> = {
  'new template': 'writes an error nobody has seen before',
  sequence: 'does known steps in another order, or leaves one out',
  'missing ending': 'crashes in the middle of requests, which never end',
  count: 'repeats one of its steps many times',
  rate: 'floods its own log with an ordinary line',
  silence: 'falls silent',
  value: 'reports numbers far beyond the usual',
}

export interface FaultPlan {
  seed: number
  /** Epoch ms of the first fault. */
  start: number
  /** How many faults; the kinds take turns. */
  count: number
  /** From one fault's start to the next, ms. */
  everyMs: number
  lengthMs: number
  kinds?: readonly AnomalyKind[]
  share?: number
}

/** Faults one after the other, each in a service drawn by the seed that can have one of its kind. */
export const planFaults = (topology: Topology, plan: FaultPlan): Fault[] => {
  const random = createRandom(plan.seed)
  const kinds = plan.kinds ?? FAULT_KINDS
  return Array.from({ length: plan.count }, (_, i) => {
    const kind = kinds[i % kinds.length]!
    const service = random.pick(servicesFor(topology, kind))
    const from = plan.start + i * plan.everyMs
    const whole = kind === 'rate' || kind === 'silence'
    return {
      id: `fault-${i + 1}`,
      kind,
      service,
      from,
      to: from + plan.lengthMs,
      share: whole ? 1 : (plan.share ?? 0.3),
      about: `${service} ${ABOUT[kind]}`,
      sessions: [],
      lines: 0,
    }
  })
}

/** A service can leave steps out or swap them only if it has several. */
const servicesFor = (topology: Topology, kind: AnomalyKind): string[] => {
  const reached = reachedServices(topology)
  const fit = topology.services.filter(service => {
    if (kind === 'rate' || kind === 'silence') return service.periodic.length > 0
    if (!reached.has(service.name)) return false
    const longest = Math.max(...Object.values(service.operations).map(steps => steps.length))
    return kind === 'sequence' ? longest >= 3 : longest >= 2
  })
  return (fit.length > 0 ? fit : topology.services).map(service => service.name)
}

/** Services that some request comes through. */
const reachedServices = (topology: Topology): Set<string> => {
  const reached = new Set<string>()
  const visit = (name: string, op: string): void => {
    if (reached.has(`${name}.${op}`)) return
    reached.add(name).add(`${name}.${op}`)
    const service = topology.services.find(candidate => candidate.name === name)
    for (const call of JSON.stringify(service?.operations[op] ?? []).matchAll(
      /"call":"([^"]+)","op":"([^"]+)"/g,
    )) {
      visit(call[1]!, call[2]!)
    }
  }
  for (const flow of topology.flows) visit(flow.service, flow.op)
  return reached
}
