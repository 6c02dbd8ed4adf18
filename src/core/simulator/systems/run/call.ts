import type { Call } from '../plan.ts'
import { serviceNamed } from '../plan.ts'
import type { Process } from './clock.ts'
import { perform } from './perform.ts'
import type { Context, Instance, Outcome, World } from './world.ts'
import { instancesOf } from './world.ts'
import { write } from './write.ts'

const HOP_MS = 0.4
const HOP_SPREAD = 0.5
/** A lost packet is sent again after this long, then twice as long. */
const RESEND_MS = 200
const BREAK_MS = 8_000
const BACK_OFF_MS = 60
const SLOW_CALL = 0.5

/** One message between two instances, with what troubles their link. */
export const travel = function* (
  world: World,
  from: Instance | undefined,
  to: Instance,
): Process<void> {
  const { random } = world
  let ms = random.around(HOP_MS, HOP_SPREAD)
  const trouble = world.links.find(link => link.fits(from, to))
  if (trouble !== undefined) {
    if (trouble.delayMs > 0) ms += random.around(trouble.delayMs, 0.2)
    for (let wait = RESEND_MS; random.next() < trouble.loss && wait < 20_000; wait *= 2) ms += wait
  }
  yield ms
}

export const spanId = (world: World): string => world.random.text(16, '0123456789abcdef')

/** A call as its callee sees it: arrives, waits for a worker, is served, and goes back. */
export const visit = function* (
  world: World,
  from: Instance | undefined,
  to: string,
  op: string,
  context: Context,
): Process<Outcome> {
  const { random } = world
  const listed = instancesOf(world, to).filter(each => each.listed)
  if (listed.length === 0) return 'refused'
  const instance = random.pick(listed)
  yield* travel(world, from, instance)
  if (instance.down) {
    // Nobody answers: only the caller's patience ends this.
    if (instance.unreachable) yield () => undefined
    return 'refused'
  }
  // A wrong address: whoever is there does not know the request.
  if (instance.operations[op] === undefined) return 'refused'
  const { workers } = instance
  const entry = yield* workers.enter(Infinity)
  if (entry !== 'in') {
    const { busy, waiting } = workers
    write(world, instance, instance.service.words.busy, context, { busy, waiting })
    return 'busy'
  }
  const outcome = yield* perform(world, instance, op, { ...context, span: spanId(world) })
  workers.leave()
  yield* travel(world, instance, from ?? instance)
  return outcome
}

/** One try: the first of an answer and the end of patience. Databases want a connection first. */
const attempt = function* (
  world: World,
  from: Instance,
  call: Call,
  context: Context,
): Process<Outcome> {
  const pool = from.pools.get(call.to)
  if (pool !== undefined) {
    const began = world.clock.now
    const entry = yield* pool.enter(from.service.poolWaitMs)
    const wait = world.clock.now - began
    const { busy, size, waiting } = pool
    const { words } = from.service
    if (entry !== 'in') {
      write(world, from, words.poolEmpty, context, { wait, busy, size, waiting })
      return 'pool'
    }
    if (wait > 100) write(world, from, words.poolWait, context, { wait, busy, size, waiting })
  }
  const outcome = (yield wake => {
    world.clock.start(visit(world, from, call.to, call.op, context), wake)
    world.clock.after(call.timeoutMs, () => wake('timeout'))
  }) as Outcome
  pool?.leave()
  return outcome
}

/** A call with its retries and words, as the caller's code has it. */
export const callOut = function* (
  world: World,
  from: Instance,
  call: Call,
  context: Context,
): Process<Outcome> {
  const { clock, random, system } = world
  const { words } = call
  const { reasons } = from.service
  const breaker = call.breaker === undefined ? undefined : breakerOf(from, call)
  if (breaker !== undefined && breaker.openUntil > clock.now) {
    write(world, from, words.open, context, { peer: call.to, why: reasons.open })
    return 'open'
  }
  write(world, from, words.before, context, { peer: call.to })
  const began = clock.now
  let outcome: Outcome = 'ok'
  for (let tries = 1; tries <= call.retries + 1; tries++) {
    // Ordinary bad luck: a connection that was cut, a packet that went astray.
    const blip = random.next() < system.blips && serviceNamed(system, call.to).role !== 'cache'
    if (blip) {
      yield random.around(20, 0.8)
      outcome = 'reset'
    } else outcome = yield* attempt(world, from, call, context)
    if (outcome === 'ok') break
    if (tries <= call.retries) {
      const why = reasons[outcome]
      write(world, from, words.retry, context, { attempt: tries + 1, why, peer: call.to })
      yield random.around(BACK_OFF_MS * tries, 0.3)
    }
  }
  const took = clock.now - began
  if (outcome === 'ok') {
    if (breaker !== undefined) breaker.failures = 0
    if (took > call.timeoutMs * SLOW_CALL) {
      write(world, from, words.slow, context, { took, peer: call.to })
    }
    write(world, from, words.after, context, { took, peer: call.to })
    return 'ok'
  }
  if (breaker !== undefined && ++breaker.failures >= call.breaker!) {
    breaker.openUntil = clock.now + BREAK_MS
    breaker.failures = call.breaker! - 1
  }
  const line = call.onFailure === 'degrade' ? (words.degraded ?? words.failed) : words.failed
  write(world, from, line, context, { took, why: reasons[outcome], peer: call.to })
  return outcome
}

const breakerOf = (from: Instance, call: Call) => {
  const known = from.breakers.get(call.id) ?? { failures: 0, openUntil: 0 }
  from.breakers.set(call.id, known)
  return known
}
