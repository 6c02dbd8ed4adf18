import type { Level } from '../types.ts'
import type { Fault } from './fault.ts'
import type { Random } from './random.ts'
import { type IdStyle, type Service, type Step, serviceOf, type Topology } from './topology.ts'

/** A line that will be written. */
export interface Entry {
  at: number
  service: Service
  pod: number
  level: Level
  /** Message with its `{slots}`. */
  message: string
  /** Request id; absent for periodic lines and background jobs. */
  key?: string
  /** Values that stay the same within the request. */
  entities: Map<string, string>
  thread: number
  /** Numbers are multiplied by this. */
  scale: number
  /** Which visit of the request to a service wrote it. */
  visit: number
  /** Whether every such visit writes it, in this order. */
  certain: boolean
  fault?: Fault
}

/** Time from one step to the next, ms: median and spread of its logarithm. */
const STEP_MS = 4
const STEP_SPREAD = 0.6
/** Ordinary trouble: it is part of what is normal. */
const RETRY = 0.008
const SLOW = 0.004
const MAX_DEPTH = 12

export const requestId = (style: IdStyle, random: Random): string => {
  const hex = (length: number): string => random.text(length, '0123456789abcdef')
  switch (style) {
    case 'uuid':
      return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
    case 'hex32':
      return hex(32)
    case 'req-hex':
      return `req-${hex(10)}`
    case 'txn-number':
      return `txn_${random.int(100_000, 99_999_999)}`
  }
}

/** Everything that one request (or one job, without a key) writes, in order of time. */
export const expandRequest = (
  topology: Topology,
  start: { service: string; op: string; at: number; key?: string },
  random: Random,
): Entry[] => {
  const entries: Entry[] = []
  const entities = new Map<string, string>()
  let visits = 0

  const write = (
    place: Place,
    at: number,
    message: string,
    level: Level,
    certain: boolean,
  ): void => {
    const { key } = start
    entries.push({ ...place, at, level, message, entities, scale: 1, certain, ...(key && { key }) })
  }
  const enter = (name: string, op: string, at: number, depth: number): number => {
    const service = serviceOf(topology, name)
    const steps = service.operations[op]
    if (steps === undefined || depth > MAX_DEPTH) {
      throw new RangeError(
        `running ${name}.${op} failed: ${steps ? 'calls go round in a circle' : 'no such operation'}`,
      )
    }
    visits += 1
    const pod = random.int(1, service.pods)
    return run(steps, { service, pod, thread: random.int(1, 8), visit: visits }, at, true, depth)
  }
  const run = (
    steps: readonly Step[],
    place: Place,
    from: number,
    certain: boolean,
    depth: number,
  ): number => {
    let at = from
    for (const step of steps) at = take(step, place, at, certain, depth)
    return at
  }
  const take = (
    step: Step,
    place: Place,
    from: number,
    certain: boolean,
    depth: number,
  ): number => {
    if ('log' in step) {
      const at = from + random.around(STEP_MS, STEP_SPREAD)
      write(place, at, step.log, step.level ?? 'info', certain)
      return at
    }
    if ('call' in step) return callOut(step, place, from, depth)
    if ('maybe' in step) {
      const steps = random.next() < step.maybe ? step.steps : (step.otherwise ?? [])
      return run(steps, place, from, false, depth)
    }
    if ('repeat' in step) {
      const times = random.int(...step.repeat)
      let at = from
      for (let i = 0; i < times; i++) at = run(step.steps, place, at, certain && i === 0, depth)
      return at
    }
    const ends = step.together.map(branch => run(branch, place, from, false, depth))
    return Math.max(from, ...ends)
  }
  const callOut = (
    step: { call: string; op: string },
    place: Place,
    from: number,
    depth: number,
  ): number => {
    let at = from + random.around(STEP_MS / 2, STEP_SPREAD)
    if (random.next() < RETRY) {
      at += random.around(STEP_MS * 20, STEP_SPREAD)
      write(place, at, `Call to ${step.call} timed out, attempt {attempt} follows`, 'warn', false)
    }
    const slow = random.next() < SLOW
    if (slow) at += random.around(STEP_MS * 100, STEP_SPREAD)
    at = enter(step.call, step.op, at, depth + 1)
    if (slow) write(place, at, `Slow call to ${step.call}: {slow} ms`, 'warn', false)
    return at
  }
  enter(start.service, start.op, start.at, 0)
  return entries.sort((a, b) => a.at - b.at)
}

interface Place {
  service: Service
  pod: number
  thread: number
  visit: number
}
