import type { Job, Periodic, Topic } from '../plan.ts'
import { spanId } from './call.ts'
import type { Process } from './clock.ts'
import { perform } from './perform.ts'
import { requestId } from './request.ts'
import type { Context, Instance, Message, World } from './world.ts'
import { instancesOf } from './world.ts'
import { type Values, write } from './write.ts'

/** What an instance's own lines tell of it. */
export const statsOf = (world: World, instance: Instance): Values => {
  const { workers, pools, heap, service } = instance
  let busy = 0
  let waiting = 0
  for (const pool of pools.values()) {
    busy += pool.busy
    waiting += pool.waiting
  }
  return {
    busy: pools.size > 0 ? busy : workers.busy,
    waiting: pools.size > 0 ? waiting : workers.waiting,
    size: pools.size > 0 ? service.pool * pools.size : workers.size,
    load: workers.busy + workers.waiting,
    lag: world.lag(instance),
    used: heap.used,
    limit: service.heap,
    version: instance.version,
  }
}

/** A line that comes by itself: heartbeats, statistics, clean-ups. Timers drift a little. */
export const beat = function* (
  world: World,
  instance: Instance,
  { line, everyMs }: Periodic,
): Process<void> {
  const { random, clock } = world
  yield everyMs * random.next()
  for (;;) {
    if (!instance.down && instance.pausedUntil <= clock.now) {
      write(world, instance, line, undefined, statsOf(world, instance))
    }
    yield everyMs * (0.98 + 0.04 * random.next())
  }
}

/** Work that no request starts. */
export const repeatJob = function* (world: World, job: Job, traced: boolean): Process<void> {
  const { random } = world
  yield job.everyMs * random.next()
  for (;;) {
    const able = instancesOf(world, job.service).filter(each => !each.down)
    if (able.length > 0) {
      const context: Context = {
        span: spanId(world),
        entities: new Map(),
        ...(traced && { trace: requestId(world) }),
      }
      yield* perform(world, random.pick(able), job.op, context)
    }
    yield job.everyMs * (0.9 + 0.2 * random.next())
  }
}

/** Takes one message after the other from a topic. */
export const consume = function* (world: World, instance: Instance, topic: Topic): Process<void> {
  const { clock, random } = world
  const queue = world.queues.get(topic.name)!
  const broker = instancesOf(world, topic.broker)
  for (;;) {
    const isUnable = () =>
      instance.down ||
      instance.stuck ||
      instance.pausedUntil > clock.now ||
      broker.every(each => each.down)
    if (isUnable()) {
      yield 250
      continue
    }
    const message: Message | undefined = queue.messages.shift()
    if (message === undefined) {
      yield wake => {
        queue.waiting.push(wake)
        clock.after(1_000, () => wake(undefined))
      }
      continue
    }
    yield random.around(4, 0.6)
    const { context } = message
    yield* perform(world, instance, topic.op, { ...context, span: spanId(world) })
  }
}

/** Messages that wait for an instance's service. */
export const lagOf = (world: World, instance: Instance): number =>
  world.system.topics
    .filter(({ consumer, broker }) => [consumer, broker].includes(instance.service.name))
    .reduce((sum, { name }) => sum + world.queues.get(name)!.messages.length, 0)

const HICCUP_MS = 700

/** Ordinary bad moments: a checkpoint, a neighbour on the host. Over in a second or two. */
const hiccup = function* (world: World, instance: Instance, everyMs: number): Process<void> {
  const { random } = world
  for (;;) {
    yield random.exponential(everyMs)
    instance.hiccup = random.around(8, 0.5)
    yield random.around(HICCUP_MS, 0.5)
    instance.hiccup = 1
  }
}

export const startBackground = (world: World): void => {
  const { system, clock, instances } = world
  for (const list of instances.values()) {
    for (const instance of list) {
      for (const periodic of instance.service.periodic) clock.start(beat(world, instance, periodic))
      clock.start(hiccup(world, instance, system.hiccupMs))
    }
  }
  for (const [i, job] of system.jobs.entries()) {
    clock.start(repeatJob(world, job, (system.seed + i) % 2 === 0))
  }
  for (const topic of system.topics) {
    for (const instance of instancesOf(world, topic.consumer)) {
      clock.start(consume(world, instance, topic))
    }
  }
}
