import type { Level } from '../../types.ts'

/** What a system is made of, drawn once from a seed. Times in ms. */

/** What a `{name}` of a message holds, where the run itself gives no value. */
export type Slot =
  /** Stays the same within one request: an order, a user, a job. */
  | { kind: 'entity'; prefix: string; length: number; alphabet: string }
  | { kind: 'number'; median: number; spread: number; decimals: number }
  | { kind: 'word'; of: readonly string[] }
  | { kind: 'address' }
  | { kind: 'hex'; length: number }

/** A line in a service's own words. `{name}` is a slot or a value of the moment (`{took}`). */
export interface Line {
  level: Level
  text: string
}

export type FailureKind =
  | 'timeout'
  | 'refused'
  | 'reset'
  | 'busy'
  | 'failed'
  | 'rejected'
  | 'denied'
  | 'pool'
  | 'disk'
  | 'open'

/** What a caller says around a call; each is often left out. */
export interface CallWords {
  before?: Line
  after?: Line
  retry?: Line
  failed?: Line
  degraded?: Line
  slow?: Line
  open?: Line
}

/** A call of another service's operation, waited for. */
export interface Call {
  /** Unique in the system: configuration errors are about one call. */
  id: string
  to: string
  op: string
  timeoutMs: number
  retries: number
  /** What becomes of the caller's operation when the call has failed for good. */
  onFailure: 'fail' | 'degrade'
  /** Failures in a row after which the caller stops trying for a while; absent for never. */
  breaker?: number
  words: CallWords
}

export type Step =
  /** `values` stand in for what slots would hold. */
  | { do: 'say'; line: Line; values?: Record<string, string> }
  | { do: 'work'; ms: number; spread: number }
  | { do: 'call'; call: Call }
  /** Looked up in the cache; what `miss` does only where it is not there (or the cache is away). */
  | { do: 'cached'; call: Call; hit: number; miss: Step[]; words: { hit?: Line; miss?: Line } }
  | { do: 'publish'; call: Call; topic: string }
  | { do: 'together'; branches: Step[][] }
  | { do: 'maybe'; p: number; steps: Step[]; otherwise?: Step[] }
  | { do: 'repeat'; from: number; to: number; steps: Step[] }
  /** One at a time within the service, over all of its instances. */
  | { do: 'lock'; name: string; words: { wait?: Line }; steps: Step[] }
  | { do: 'write file'; words: { done?: Line; failed?: Line } }
  | { do: 'return' }
  | { do: 'throw'; line?: Line; why?: FailureKind }
  /** Tells whoever injected it that a request came here. */
  | { do: 'note'; hit(): void }

export interface Operation {
  name: string
  /** How often requests come here, per second; filled in once the system is whole. */
  rate: number
  /** Lines that one run writes with all that it calls, on average. */
  weight: number
  /** Usual duration with all that it calls. */
  ms: number
  steps: Step[]
  failed?: Line
}

export type Role = 'gateway' | 'logic' | 'worker' | 'database' | 'cache' | 'broker' | 'outside'

/** Lines that an instance writes by itself. */
export interface Periodic {
  line: Line
  everyMs: number
}

/** What an instance says about itself when it is so. Absent where the service does not log it. */
export interface SelfWords {
  started?: Line[]
  stopped?: Line
  reloaded?: Line
  gc?: Line
  memory?: Line
  busy?: Line
  poolWait?: Line
  poolEmpty?: Line
  slowQuery?: Line
  lockWait?: Line
  removed?: Line
}

/** Lines of the service that normal days may not show: for what its code could do as well. */
export interface SpareLines {
  thrown: Line[]
  refusal: Line[]
  steps: Line[]
}

export interface Service {
  name: string
  role: Role
  /** False for what never logs and is only named by others. */
  logs: boolean
  instances: string[]
  /** Requests at a time, for each instance, and how many may wait. */
  workers: number
  queue: number
  /** Connections for each instance to each database. */
  pool: number
  poolWaitMs: number
  operations: Record<string, Operation>
  periodic: Periodic[]
  words: SelfWords
  spare: SpareLines
  /** How it words the reason of a failure. */
  reasons: Record<FailureKind, string>
  /** Where its lines bear the request id. */
  tracing: 'field' | 'message' | 'none'
  layout: Layout
  /** Megabytes; 0 where no collector runs. */
  heap: number
  /** A slow statement is told from here on. */
  slowMs: number
  version: string
  /** Dies of a full disk or stops its log with it. */
  writesDisk: boolean
}

/** How lines look: a name that the renderer knows. */
export type Layout = string

export interface Topic {
  name: string
  broker: string
  /** Services that take from it, with the operation that handles a message. */
  consumer: string
  op: string
}

export interface Flow {
  service: string
  op: string
  /** Share of the requests. */
  share: number
}

export interface Job {
  service: string
  op: string
  everyMs: number
}

export interface System {
  name: string
  family: string
  seed: number
  services: Service[]
  topics: Topic[]
  flows: Flow[]
  jobs: Job[]
  slots: Record<string, Slot>
  /** How collectors hand lines over. */
  house: House
  /** Requests per second on average, and the length and height of the load's cycle. */
  rate: number
  cycleMs: number
  swing: number
  /** Share of calls that are hit by ordinary bad luck. */
  blips: number
  /** From one ordinary bad moment of an instance to the next, on average. */
  hiccupMs: number
  /** Largest offset between two hosts' clocks, ms. */
  clockMs: number
  /** Until a registry takes an instance out that does not answer. */
  removalMs: number
}

/** Names of fields and of the frame around lines, drawn once for a system. */
export interface House {
  /** Every line as a JSON record, as a text line in one stream, or as text in a file per instance. */
  shape: 'records' | 'stream' | 'files' | 'wrapped'
  fields: {
    time: string
    service: string
    instance: string
    trace: string
    span: string
    level: string
    message: string
  }
  upperLevel: boolean
  idLength: number
  idAlphabet: string
}

export const serviceNamed = (system: System, name: string): Service => {
  const service = system.services.find(each => each.name === name)
  if (service === undefined) throw new RangeError(`the system has no service '${name}'`)
  return service
}

/** All steps, those inside of others as well. */
export const eachStep = (steps: readonly Step[], visit: (step: Step) => void): void => {
  for (const step of steps) {
    visit(step)
    for (const inner of innerSteps(step)) eachStep(inner, visit)
  }
}

export const innerSteps = (step: Step): Step[][] => {
  switch (step.do) {
    case 'together':
      return step.branches
    case 'maybe':
      return [step.steps, step.otherwise ?? []]
    case 'repeat':
    case 'lock':
      return [step.steps]
    case 'cached':
      return [step.miss]
    default:
      return []
  }
}
