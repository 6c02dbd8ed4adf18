import type { Level } from '../types.ts'

/** How the lines of a service look. */
export type Layout = 'log4j' | 'json' | 'logfmt' | 'syslog'

/** What a slot `{name}` of a message holds. */
export type SlotKind =
  /** A name that stays the same within one request: `ord-48213`. */
  | { kind: 'entity'; prefix: string; digits: number }
  | { kind: 'number'; median: number; spread: number }
  | { kind: 'word'; of: string[] }
  | { kind: 'address' }
  | { kind: 'hex'; length: number }
  | { kind: 'path'; of: string[] }

/** One step of what a service does for a request, in order. */
export type Step =
  /** A line; `{name}` is a slot of the topology. */
  | { log: string; level?: Level }
  /** An operation of another service, waited for. */
  | { call: string; op: string }
  /** Taken with this probability; the rare but normal paths. */
  | { maybe: number; steps: Step[]; otherwise?: Step[] }
  | { repeat: [number, number]; steps: Step[] }
  /** Branches at the same time: their lines interleave. */
  | { together: Step[][] }

export interface Service {
  name: string
  layout: Layout
  /** Replicas; each is a source of its own. */
  pods: number
  operations: Record<string, Step[]>
  /** Lines that come by themselves. */
  periodic: { log: string; everyMs: number; level?: Level }[]
}

/** Which requests enter the system, and how often in relation to each other. */
export interface Flow {
  service: string
  op: string
  weight: number
}

/** Work that no request starts; its lines carry no request id. */
export interface Job {
  service: string
  op: string
  everyMs: number
}

/** How request ids look. */
export type IdStyle = 'uuid' | 'hex32' | 'req-hex' | 'txn-number'

export interface Topology {
  name: string
  idStyle: IdStyle
  services: Service[]
  flows: Flow[]
  jobs: Job[]
  slots: Record<string, SlotKind>
}

export const serviceOf = (topology: Topology, name: string): Service => {
  const service = topology.services.find(candidate => candidate.name === name)
  if (service === undefined) {
    const known = topology.services.map(candidate => candidate.name).join(', ')
    throw new RangeError(`looking up service '${name}' failed; the topology has ${known}`)
  }
  return service
}
