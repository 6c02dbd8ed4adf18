import { LogbertError } from '../../core/errors.ts'
import type { KafkaClient } from './client.ts'
import { type GroupMember, joinGroup, type OwnedPartition, type ReadMessage } from './group.ts'

/** Reads stretches of a topic that are kept still, whoever reads it besides. */
export interface RangeReader<T> {
  /**
   * Messages from one offset to another (exclusive), as far as they are there.
   * @throws LogbertError AWAY when no broker answers
   */
  read(partition: number, from: number, to: number): AsyncIterable<T[]>
  close(): Promise<void>
}

/** After so long without a question its group is left, ms. */
const IDLE_MS = 30_000
const PATIENCE_MS = 30_000
const MOST = 2_000

export const createRangeReader = <T>(
  client: KafkaClient,
  topic: string,
  readMessage: ReadMessage<T>,
): RangeReader<T> => {
  let member:
    | { group: GroupMember; partitions: Promise<Map<number, OwnedPartition<T>>> }
    | undefined
  let idle: ReturnType<typeof setTimeout> | undefined
  let users = 0
  /** One stretch a partition at a time. */
  const turns = new Map<number, Promise<void>>()

  const join = () => {
    const partitions = new Map<number, OwnedPartition<T>>()
    const joined = Promise.withResolvers<typeof partitions>()
    joined.promise.catch(() => undefined)
    const group = joinGroup(
      client,
      {
        topic,
        groupId: `${client.settings.clientId}-reader-${crypto.randomUUID()}`,
        read: readMessage,
      },
      {
        assigned: owned => partitions.set(owned.partition, owned),
        lost: partition => partitions.delete(partition),
        joined: () => joined.resolve(partitions),
        failed: error => joined.reject(error),
      },
    )
    return { group, partitions: joined.promise }
  }
  const leave = async (): Promise<void> => {
    clearTimeout(idle)
    const old = member
    member = undefined
    await old?.group.leave()
  }
  /** The partition, by a member that is in its group. */
  const partitionOf = async (partition: number): Promise<OwnedPartition<T> | undefined> => {
    member ??= join()
    try {
      return (await member.partitions).get(partition)
    } catch (error) {
      void leave()
      throw error
    }
  }
  async function* read(partition: number, from: number, to: number): AsyncGenerator<T[]> {
    const owned = await partitionOf(partition)
    if (owned === undefined || from >= to) return
    owned.seek(from)
    let heard = performance.now()
    for (let next = Math.max(from, owned.start); next < to; ) {
      const given = await owned.take(MOST, 200)
      if (given === undefined) {
        if (owned.atEnd) return
        if (owned.owned && performance.now() - heard < PATIENCE_MS) continue
        throw new LogbertError('AWAY', `reading ${topic} failed: ${client.about} does not answer`)
      }
      heard = performance.now()
      next = given.next
      yield given.lines
    }
  }
  return {
    async *read(partition, from, to) {
      const before = turns.get(partition)
      const mine = Promise.withResolvers<void>()
      turns.set(partition, mine.promise)
      users++
      clearTimeout(idle)
      try {
        await before
        yield* read(partition, from, to)
      } finally {
        mine.resolve()
        if (turns.get(partition) === mine.promise) turns.delete(partition)
        if (--users === 0) idle = setTimeout(() => void leave(), IDLE_MS)
      }
    },
    close: leave,
  }
}
