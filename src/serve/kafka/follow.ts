import type { KafkaClient } from '../../bus/kafka/client.ts'
import { joinGroup, type OwnedPartition } from '../../bus/kafka/group.ts'
import type { LogbertError } from '../../core/errors.ts'
import { wordsOf } from '../pipeline/served.ts'
import { type RawMessage, readRaw } from './raw.ts'

export interface FollowDeps {
  client: KafkaClient
  topic: string
  /** Offsets to go on from; other partitions are read from their beginning. */
  from: ReadonlyMap<number, number>
  /**
   * Takes the next messages over, for good when it resolves.
   * @param next offset to go on from behind them
   */
  take(messages: readonly RawMessage[], partition: number, next: number): Promise<void>
  /** Why it cannot be followed now: it is tried again; undefined when it can be. */
  trouble(error: LogbertError | undefined): void
  note(text: string): void
  /** A partition is read from here on. */
  begins?(partition: number, offset: number): void
}

/** All of a topic, in the order of each partition, for one who wants to know everything. */
export interface Follower {
  /** Resolves when all that was published before the call has been taken over. */
  caughtUp(): Promise<void>
  close(): Promise<void>
}

const MOST = 500
const WAIT_MS = 200
const AGAIN_MS = 1_000
const LOOK_MS = 20

export const follow = (deps: FollowDeps): Follower => {
  const { client, topic, take, trouble, note } = deps
  const next = new Map(deps.from)
  let closed = false
  const read = async (owned: OwnedPartition<RawMessage>): Promise<void> => {
    const { partition } = owned
    owned.seek(next.get(partition) ?? owned.start)
    const begin = Math.max(next.get(partition) ?? 0, owned.start)
    next.set(partition, begin)
    deps.begins?.(partition, begin)
    while (owned.owned && !closed) {
      const given = await owned.take(MOST, WAIT_MS)
      if (given === undefined) continue
      while (owned.owned && !closed) {
        try {
          await take(given.lines, partition, given.next)
          next.set(partition, given.next)
          break
        } catch (error) {
          note(`taking over ${topic} failed: ${wordsOf(error)}; it is tried again`)
          await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
        }
      }
    }
  }
  const group = joinGroup(
    client,
    {
      topic,
      // Its own group: it shares with nobody, and its place is kept with what it took over.
      groupId: `${client.settings.clientId}-follower-${crypto.randomUUID()}`,
      read: readRaw,
    },
    {
      assigned: owned => void read(owned),
      lost: () => undefined,
      joined: () => trouble(undefined),
      failed: trouble,
    },
  )
  return {
    async caughtUp() {
      const ends = await (await client.admin()).fetchTopicOffsets(topic)
      const behind = (): boolean =>
        ends.some(({ partition, low, high }) => {
          // An empty partition has nothing to be taken over.
          return Number(high) > Number(low) && (next.get(partition) ?? 0) < Number(high)
        })
      while (!closed && behind()) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    },
    async close() {
      closed = true
      await group.leave()
    },
  }
}
