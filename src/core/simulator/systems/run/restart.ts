import { createPlaces } from './places.ts'
import type { Instance, World } from './world.ts'
import { instancesOf } from './world.ts'
import { write } from './write.ts'

export const freshPools = (world: World, instance: Instance): void => {
  const { service } = instance
  const { clock, system } = world
  instance.workers = createPlaces(clock, service.workers, service.queue)
  instance.pools = new Map(
    system.services
      .filter(({ role }) => role === 'database')
      .map(({ name }) => [name, createPlaces(clock, service.pool, 1_000)]),
  )
}

/** An instance is gone from one moment to the next; what it was doing is lost. */
export const stop = (world: World, instance: Instance, unreachable = false): void => {
  instance.workers.close()
  instance.life++
  instance.down = true
  instance.unreachable = unreachable
  instance.pausedUntil = 0
  const { life } = instance
  world.clock.after(world.system.removalMs, () => {
    if (!instance.down || instance.life !== life) return
    instance.listed = false
    tellRemoved(world, instance)
  })
}

/** Somebody who keeps the list of instances says so, where anybody does. */
const tellRemoved = (world: World, instance: Instance): void => {
  for (const service of world.system.services) {
    if (service.words.removed === undefined) continue
    const teller = instancesOf(world, service.name).find(each => !each.down)
    if (teller === undefined) continue
    write(world, teller, service.words.removed, undefined, { peer: instance.name })
    return
  }
}

const LISTED_AFTER_MS = 3_000

/** It comes back as new. */
export const begin = (world: World, instance: Instance): void => {
  const { service, heap } = instance
  instance.down = false
  instance.unreachable = false
  freshPools(world, instance)
  heap.live = 0.15 * service.heap
  heap.used = heap.live
  instance.breakers.clear()
  for (const line of service.words.started ?? []) {
    write(world, instance, line, undefined, { version: instance.version })
  }
  world.clock.after(LISTED_AFTER_MS, () => {
    if (!instance.down) instance.listed = true
  })
}
