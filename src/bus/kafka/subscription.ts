import { LogbertError } from '../../core/errors.ts'
import type { BusBatch, BusConsumer } from '../bus.ts'
import { messageOf } from './bus-records.ts'
import type { KafkaClient } from './client.ts'
import { type GroupOptions, joinGroup, type OwnedPartition, type Taken } from './group.ts'
import { indexOf, offsetOf, positionOf } from './position.ts'

const LOOK_MS = 5
const JOIN_MS = 30_000

/** A member of a group that commits positions: offset of the message, and lines of it as a note. */
export const subscribe = async (
  client: KafkaClient,
  options: GroupOptions,
  from: ReadonlyMap<number, number> | undefined,
  isPlace: (partition: number, position: number) => Promise<boolean>,
): Promise<BusConsumer> => {
  const { topic, groupId } = options
  const owned = new Map<number, OwnedPartition>()
  /** Lines that were fetched and not given yet, and where those that come begin. */
  const rest = new Map<number, Taken>()
  const skip = new Map<number, number>()
  const joined = Promise.withResolvers<void>()
  let closed = false
  const member = joinGroup(client, options, {
    assigned(partition) {
      const { committed } = partition
      const position =
        from?.get(partition.partition) ??
        (committed && positionOf(committed.next, Number(committed.note) || 0))
      owned.set(partition.partition, partition)
      rest.delete(partition.partition)
      skip.set(partition.partition, position ?? 0)
      partition.seek(position === undefined ? partition.start : offsetOf(position, partition.end))
    },
    lost: partition => owned.delete(partition),
    joined: () => joined.resolve(),
    failed: error => joined.reject(error),
  })
  const late = setTimeout(() => {
    joined.reject(
      new LogbertError(
        'AWAY',
        `joining ${groupId} at ${client.about} failed: it took longer than ${JOIN_MS / 1000} s`,
      ),
    )
  }, JOIN_MS)
  try {
    await joined.promise
  } catch (error) {
    await member.leave()
    throw error
  } finally {
    clearTimeout(late)
  }
  const ready = async (most: number): Promise<BusBatch | undefined> => {
    for (const [partition, each] of owned) {
      const given = rest.get(partition) ?? (await each.take(most, 0))
      rest.delete(partition)
      if (given === undefined) continue
      const lines = given.lines.filter(({ position }) => position >= (skip.get(partition) ?? 0))
      if (lines.length > most) rest.set(partition, { ...given, lines: lines.slice(most) })
      const messages = lines.slice(0, most).map(messageOf)
      // Turns go round.
      owned.delete(partition)
      owned.set(partition, each)
      if (messages.length > 0) return { partition, messages, next: messages.at(-1)!.offset + 1 }
    }
    return undefined
  }
  return {
    async take(most, ms) {
      const until = performance.now() + ms
      for (;;) {
        if (closed) throw new LogbertError('CANCELLED', 'the consumer was closed')
        const batch = await ready(most)
        if (batch !== undefined) return batch
        if (performance.now() >= until) return undefined
        await new Promise(resolve => setTimeout(resolve, LOOK_MS))
        // One that waited gives nothing when it is closed.
        if (closed) return undefined
      }
    },
    async commit(partition, next) {
      const mine = owned.get(partition)
      if (mine === undefined || !(await isPlace(partition, next))) {
        throw new LogbertError(
          'BAD_INPUT',
          `committing ${topic}/${partition} at ${next} failed: there is no such place here`,
        )
      }
      await mine.commit(offsetOf(next, mine.latestEnd()), `${indexOf(next)}`)
    },
    async close() {
      if (closed) return
      closed = true
      await member.leave()
    },
  }
}
