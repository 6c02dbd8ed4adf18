import type { Process } from './clock.ts'
import type { Instance, World } from './world.ts'
import { write } from './write.ts'

/** Megabytes that a request leaves behind. */
const GARBAGE_MB = 1.5
/** The collector runs when so much of the heap is used. */
const FULL = 0.75
/** A pause with an empty heap, and what a full one adds, ms. */
const PAUSE_MS = 12
const PAUSE_FULL_MS = 900

/** Leaves garbage, and collects it when there is too much: the whole instance stands still. */
export const collect = function* (world: World, instance: Instance): Process<void> {
  const limit = instance.service.heap
  if (limit === 0) return
  const { heap } = instance
  heap.used += world.random.around(GARBAGE_MB, 0.4)
  if (heap.used < Math.max(FULL * limit, Math.min(heap.live + 8, limit))) return
  const before = heap.used
  heap.used = heap.live
  const share = heap.live / limit
  const ms = world.random.around(PAUSE_MS + PAUSE_FULL_MS * Math.max(0, share - 0.3) ** 2, 0.3)
  const { clock } = world
  instance.pausedUntil = Math.max(instance.pausedUntil, clock.now + ms)
  yield ms
  const values = { took: ms, before, used: heap.used, limit }
  write(world, instance, instance.service.words.gc, undefined, values)
}
