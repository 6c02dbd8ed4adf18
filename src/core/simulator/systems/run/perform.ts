import type { Step } from '../plan.ts'
import { callOut } from './call.ts'
import type { Pause, Process } from './clock.ts'
import { collect } from './heap.ts'
import { createPlaces } from './places.ts'
import type { Context, Instance, Outcome, World } from './world.ts'
import { write } from './write.ts'

/** A run of an operation. */
interface Run {
  world: World
  instance: Instance
  context: Context
  began: number
  life: number
  /** What went wrong first. */
  why: string
}

/** `return`: the operation is over before its end. */
type Result = Outcome | 'return'

/** Each request that is being served makes the others so much slower. */
const CROWD = 0.15

/** Runs an operation to its end. */
export const perform = function* (
  world: World,
  instance: Instance,
  op: string,
  context: Context,
): Process<Outcome> {
  const { clock } = world
  const operation = instance.operations[op]
  if (operation === undefined) throw new RangeError(`${instance.name} has no operation '${op}'`)
  const run: Run = { world, instance, context, began: clock.now, life: instance.life, why: '' }
  const result = yield* runSteps(run, operation.steps)
  yield* collect(world, instance)
  const took = clock.now - run.began
  const { service } = instance
  if (service.role === 'database' && took > service.slowMs) {
    write(world, instance, service.words.slowQuery, context, { took, op })
  }
  if (result === 'ok' || result === 'return') return 'ok'
  if (instance.life === run.life)
    write(world, instance, operation.failed, context, { took, why: run.why })
  if (result === 'denied') return 'denied'
  return result === 'reset' && instance.life !== run.life ? 'reset' : 'failed'
}

const runSteps = function* (run: Run, steps: readonly Step[]): Process<Result> {
  for (const step of steps) {
    yield* standstill(run)
    if (run.instance.life !== run.life) return 'reset'
    const result = yield* take(run, step)
    if (result !== 'ok') return result
  }
  return 'ok'
}

/** A collector's pause or a hung process holds everything up. */
const standstill = function* ({ world, instance, life }: Run): Process<void> {
  while (instance.pausedUntil > world.clock.now && instance.life === life) {
    yield Math.min(1_000, instance.pausedUntil - world.clock.now)
  }
}

const take = function* (run: Run, step: Step): Process<Result> {
  const { world, instance, context } = run
  const { clock, random } = world
  switch (step.do) {
    case 'say':
      write(world, instance, step.line, context, { took: clock.now - run.began, ...step.values })
      return 'ok'
    case 'work': {
      const crowd = 1 + CROWD * Math.max(0, instance.workers.busy - 1)
      yield random.around(step.ms, step.spread) * instance.cpu * instance.hiccup * crowd
      return 'ok'
    }
    case 'call': {
      const outcome = yield* callOut(world, instance, step.call, context)
      if (outcome === 'ok' || step.call.onFailure === 'degrade') return 'ok'
      run.why = instance.service.reasons[outcome]
      return outcome
    }
    case 'cached': {
      const outcome = yield* callOut(world, instance, step.call, context)
      const isHit = outcome === 'ok' && random.next() < step.hit
      if (outcome === 'ok')
        write(world, instance, isHit ? step.words.hit : step.words.miss, context)
      return isHit ? 'ok' : yield* runSteps(run, step.miss)
    }
    case 'publish': {
      const outcome = yield* callOut(world, instance, step.call, context)
      if (outcome === 'ok') {
        send(world, step.topic, context)
        return 'ok'
      }
      if (step.call.onFailure === 'degrade') return 'ok'
      run.why = instance.service.reasons[outcome]
      return outcome
    }
    case 'together':
      return yield* together(run, step.branches)
    case 'maybe': {
      const steps = random.next() < step.p ? step.steps : (step.otherwise ?? [])
      return yield* runSteps(run, steps)
    }
    case 'repeat': {
      for (let i = random.int(step.from, step.to); i > 0; i--) {
        const result = yield* runSteps(run, step.steps)
        if (result !== 'ok') return result
      }
      return 'ok'
    }
    case 'lock':
      return yield* locked(run, step)
    case 'write file':
      return yield* writeFile(run, step)
    case 'return':
      return 'return'
    case 'throw':
      run.why = instance.service.reasons[step.why ?? 'failed']
      write(world, instance, step.line, context, { took: clock.now - run.began, why: run.why })
      return step.why ?? 'failed'
    case 'note':
      step.hit()
      return 'ok'
  }
}

/** Branches at the same time; over when all are, with the first failure. */
const together = function* (run: Run, branches: readonly Step[][]): Process<Result> {
  const results: Result[] = []
  const pause: Pause = wake => {
    for (const branch of branches) {
      run.world.clock.start(runSteps(run, branch), result => {
        results.push(result)
        if (results.length === branches.length) wake(undefined)
      })
    }
  }
  yield pause
  return results.find(result => result !== 'ok') ?? 'ok'
}

const LOCK_PATIENCE_MS = 10_000
const LOCK_TOLD_MS = 150

const locked = function* (run: Run, step: Step & { do: 'lock' }): Process<Result> {
  const { world, instance, context } = run
  const lock = lockOf(world, instance.service.name, step.name)
  const began = world.clock.now
  const entry = yield* lock.enter(LOCK_PATIENCE_MS)
  const wait = world.clock.now - began
  if (wait > LOCK_TOLD_MS)
    write(world, instance, step.words.wait, context, { wait, lock: step.name })
  if (entry !== 'in') {
    run.why = instance.service.reasons.timeout
    return 'timeout'
  }
  const result = yield* runSteps(run, step.steps)
  lock.leave()
  return result
}

export const lockOf = (world: World, service: string, name: string) => {
  const key = `${service} ${name}`
  const known = world.locks.get(key) ?? createPlaces(world.clock, 1, 10_000)
  world.locks.set(key, known)
  return known
}

const writeFile = function* (run: Run, step: Step & { do: 'write file' }): Process<Result> {
  const { world, instance, context } = run
  yield world.random.around(3, 0.8) * instance.cpu
  if (!instance.diskFull) {
    write(world, instance, step.words.done, context)
    return 'ok'
  }
  run.why = instance.service.reasons.disk
  write(world, instance, step.words.failed, context, { why: run.why })
  return 'disk'
}

export const send = (world: World, topic: string, context: Context): void => {
  const queue = world.queues.get(topic)!
  queue.messages.push({ context, sent: world.clock.now })
  queue.waiting.shift()?.(undefined)
}
