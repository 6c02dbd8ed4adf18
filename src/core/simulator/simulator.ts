import { LogbertError } from '../errors.ts'
import type { LogLine } from '../types.ts'
import type { Fault } from './fault.ts'
import { createHeap } from './heap.ts'
import { injectFault } from './inject.ts'
import { fillMessage, renderLine } from './layout.ts'
import { createRandom } from './random.ts'
import { type Entry, expandRequest, requestId } from './request.ts'
import { shopTopology } from './shop.ts'
import { type Flow, type Service, serviceOf, type Topology } from './topology.ts'

export interface SimulatorOptions {
  seed: number
  /** The shop when absent; `createTopology` makes others from a seed. */
  topology?: Topology
  /** Epoch ms of simulated time; 2026-01-05 08:00 UTC when absent. */
  start?: number
  /** Requests per second of simulated time; 5 when absent. */
  ratePerSecond?: number
  /** What goes wrong, and when (`planFaults`); nothing when absent. */
  faults?: Fault[]
}

/** A line with what is known about it. */
export interface SimulatedLine {
  line: LogLine
  service: string
  /** Request id, where the line belongs to a request. */
  session?: string
  /** Id of the fault that wrote or changed this very line. */
  fault?: string
}

/** An endless log in simulated time. */
export interface Simulator {
  next(): SimulatedLine
  /** The faults with their ground truth so far. */
  readonly faults: readonly Fault[]
  readonly topology: Topology
  /** Epoch ms of the latest line. */
  readonly now: number
}

const START = Date.UTC(2026, 0, 5, 8)
/** Lines per second that a service floods its log with. */
const FLOOD_PER_SECOND = 20
const FLOOD_STEP_MS = 1000 / FLOOD_PER_SECOND

/** Something that happens at a time and may plan what comes next. */
interface Happening {
  at: number
  happen(): void
}

/**
 * Simulates a system of services that write logs: requests cross services under one id and
 * interleave, calls are retried or slow now and then, jobs and heartbeats run beside them. The same
 * options give the same lines. Faults change what requests and services write, and note what they
 * hit.
 * @throws LogbertError BAD_CONFIG when the rate is not positive.
 */
export const createSimulator = (options: SimulatorOptions): Simulator => {
  const { topology = shopTopology(), start = START, ratePerSecond = 5, faults = [] } = options
  if (!(ratePerSecond > 0)) {
    throw new LogbertError(
      'BAD_CONFIG',
      `starting the simulator failed: ${ratePerSecond} requests per second; set a positive rate`,
    )
  }
  const random = createRandom(options.seed)
  const ids = random.fork(1)
  const arrivals = random.fork(2)
  const trouble = random.fork(3)
  const values = random.fork(4)
  const entries = createHeap<Entry>(entry => entry.at)
  const plans = createHeap<Happening>(plan => plan.at)
  let now = start

  const activeFault = (at: number, fits: (fault: Fault) => boolean): Fault | undefined =>
    faults.find(fault => at >= fault.from && at < fault.to && fits(fault))
  const isSilent = (entry: Entry): Fault | undefined =>
    activeFault(entry.at, f => f.kind === 'silence' && f.service === entry.service.name)

  const hit = (made: Entry[], at: number, key: string | undefined): Entry[] => {
    const fault = activeFault(
      at,
      ({ kind, service }) =>
        kind !== 'rate' && kind !== 'silence' && made.some(e => e.service.name === service),
    )
    if (fault === undefined || trouble.next() >= fault.share) return made
    const changed = injectFault(made, fault, trouble)
    if (changed === undefined) return made
    if (key !== undefined) fault.sessions.push(key)
    return changed
  }
  const request = (service: string, op: string, at: number, key?: string): void => {
    const made = expandRequest(topology, { service, op, at, ...(key && { key }) }, arrivals)
    for (const entry of hit(made, at, key)) entries.push(entry)
  }
  const every = (at: number, next: () => number, happen: (at: number) => void): void => {
    plans.push({
      at,
      happen: () => {
        happen(at)
        every(at + next(), next, happen)
      },
    })
  }
  const beat = (service: Service, pod: number, message: string, at: number, fault?: Fault): void =>
    entries.push({
      at,
      service,
      pod,
      level: 'info',
      message,
      entities: new Map(),
      thread: 1,
      scale: 1,
      visit: 0,
      certain: true,
      ...(fault && { fault }),
    })
  const planRequests = (): void => {
    const gap = 1000 / ratePerSecond
    every(
      start + arrivals.exponential(gap),
      () => arrivals.exponential(gap),
      at => {
        const flow = pickFlow(topology.flows, arrivals.next())
        request(flow.service, flow.op, at, requestId(topology.idStyle, ids))
      },
    )
  }
  const planBeats = (service: Service): void => {
    for (const { log, everyMs } of service.periodic) {
      for (let pod = 1; pod <= service.pods; pod++) {
        // Timers drift by a hundredth.
        const next = (): number => everyMs * (0.99 + 0.02 * arrivals.next())
        every(start + everyMs * arrivals.next(), next, at => beat(service, pod, log, at))
      }
    }
  }
  const planFlood = (fault: Fault): void => {
    const service = serviceOf(topology, fault.service)
    const message = service.periodic[0]?.log
    if (message === undefined) return
    const flood = (at: number): void => {
      fault.lines += 1
      beat(service, 1, message, at, fault)
      const next = at + arrivals.exponential(FLOOD_STEP_MS)
      if (next < fault.to) plans.push({ at: next, happen: () => flood(next) })
    }
    plans.push({ at: fault.from, happen: () => flood(fault.from) })
  }
  planRequests()
  for (const service of topology.services) planBeats(service)
  for (const job of topology.jobs) {
    const next = (): number => job.everyMs * (0.9 + 0.2 * arrivals.next())
    every(start + next(), next, at => request(job.service, job.op, at))
  }
  for (const fault of faults) if (fault.kind === 'rate') planFlood(fault)

  const nextEntry = (): Entry => {
    for (;;) {
      const entry = entries.peek()
      const plan = plans.peek()
      if (plan !== undefined && (entry === undefined || plan.at <= entry.at)) {
        plans.pop()!.happen()
        continue
      }
      entries.pop()
      const silent = isSilent(entry!)
      if (silent === undefined) return entry!
      silent.lines += 1
      if (entry!.key !== undefined) noteSession(silent, entry!.key)
    }
  }
  const next = (): SimulatedLine => {
    const entry = nextEntry()
    now = Math.floor(entry.at)
    const text = renderLine(entry.service.layout, entry, fillMessage(entry, topology, values))
    return {
      line: { text, source: `${entry.service.name}-${entry.pod}`, arrived: now },
      service: entry.service.name,
      ...(entry.key !== undefined && { session: entry.key }),
      ...(entry.fault !== undefined && { fault: entry.fault.id }),
    }
  }
  return {
    next,
    faults,
    topology,
    get now() {
      return now
    },
  }
}

const pickFlow = (flows: readonly Flow[], at: number): Flow => {
  const whole = flows.reduce((sum, flow) => sum + flow.weight, 0)
  let left = at * whole
  for (const flow of flows) {
    left -= flow.weight
    if (left < 0) return flow
  }
  return flows.at(-1)!
}

/** Lines of one request come close together: looking at the latest few is enough. */
const noteSession = (fault: Fault, key: string): void => {
  if (!fault.sessions.slice(-100).includes(key)) fault.sessions.push(key)
}
