import type { LogbertError } from '../../core/errors.ts'
import type { KafkaClient } from './client.ts'
import type { KafkaLine, RawMessage, Unreadable } from './format.ts'
import { runMember } from './member.ts'
import { within } from './within.ts'

/** What a group has committed in a partition. */
export interface Commit {
  /** Offset to go on from. */
  next: number
  /** Of who committed, 4,000 bytes at most; Kafka keeps it beside the offset. */
  note: string
}

/** Lines of whole messages, in order. */
export interface Taken<T = KafkaLine> {
  lines: T[]
  /** Messages among them that could not be read. */
  bad: Unreadable[]
  /** Offset of the message after the last. */
  next: number
  /** Whether nothing stood behind them when they were fetched. */
  atEnd: boolean
}

/** A partition while it is ours. */
export interface OwnedPartition<T = KafkaLine> {
  readonly partition: number
  /** What the group had committed when it became ours; undefined when nothing ever. */
  readonly committed: Commit | undefined
  /** First offset that is still there, and the one behind the last, when it became ours. */
  readonly start: number
  readonly end: number
  /** Offset behind the last message, as far as known. */
  latestEnd(): number
  /** False from the moment it is not ours: nothing may be published for it then. */
  readonly owned: boolean
  /** Whether all there is has been taken, by a broker that answers. */
  readonly atEnd: boolean
  /** Begins to read here; to be called before the first `take`, and to go back. */
  seek(offset: number): void
  /** About `most` lines, by whole messages; waits up to `ms` for the first, then gives undefined. */
  take(most: number, ms: number): Promise<Taken<T> | undefined>
  /** @throws LogbertError CONFLICT when it is not ours any more, AWAY when no broker answers */
  commit(next: number, note: string): Promise<void>
}

export interface GroupEvents<T = KafkaLine> {
  assigned(partition: OwnedPartition<T>): void
  lost(partition: number): void
  /** All partitions of a rebalance have been given. */
  joined(partitions: readonly number[]): void
  /** No broker answers, or the group refuses us: it is tried again. */
  failed(error: LogbertError): void
  /** How long a commit took, seconds. */
  committed?(seconds: number): void
  /** Messages that retention took before they were read. */
  gone?(partition: number, messages: number): void
}

/** What is read of a message. */
export type ReadMessage<T> = (message: RawMessage, topic: string) => T[] | Unreadable

export interface GroupOptions<T = KafkaLine> {
  topic: string
  groupId: string
  read: ReadMessage<T>
}

export interface GroupMember {
  /** Resolves when others may have what was ours. */
  leave(): Promise<void>
}

const AGAIN_MS = 2_000
/** A consumer may not end by itself after its broker was away. */
const LEAVE_MS = 5_000

/**
 * Joins a group on one topic and keeps in it, whatever happens to brokers and others, until `leave`.
 * Each rebalance gives all partitions anew.
 */
export const joinGroup = <T>(
  client: KafkaClient,
  options: GroupOptions<T>,
  events: GroupEvents<T>,
): GroupMember => {
  let left = false
  let member: { stop(): Promise<void> } | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  const begin = (): void => {
    member = runMember(client, options, events, error => {
      if (left) return
      events.failed(error)
      void member?.stop()
      again = setTimeout(begin, AGAIN_MS)
    })
  }
  begin()
  return {
    async leave() {
      left = true
      clearTimeout(again)
      await within(LEAVE_MS, member?.stop())
    },
  }
}
