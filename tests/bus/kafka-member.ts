import { createKafkaClient, type KafkaClient } from '../../src/bus/kafka/client.ts'
import { type KafkaLine, linesOf, type Unreadable } from '../../src/bus/kafka/format.ts'
import { type GroupMember, joinGroup, type OwnedPartition } from '../../src/bus/kafka/group.ts'
import type { KafkaSettings } from '../../src/bus/kafka/settings.ts'
import { parseConfig } from '../../src/config.ts'

/** A client with the settings of a bare configuration, but for these. */
export const clientOf = (
  brokers: readonly string[],
  settings: Partial<KafkaSettings> = {},
  note?: (text: string) => void,
): KafkaClient =>
  createKafkaClient({ ...parseConfig().kafka, brokers: [...brokers], ...settings }, note)

/** A member of a group that reads all it is given and commits it, as long as it runs. */
export interface ReadingMember extends GroupMember {
  /** What was read and committed, in order. */
  lines: (KafkaLine & { partition: number })[]
  /** What was read when the partition was lost; nobody knows whether it was committed. */
  doubtful: string[]
  bad: Unreadable[]
  /** Partitions that are ours now. */
  owned: Map<number, OwnedPartition>
  failures: string[]
  gone: number
  joins: number
}

export const readingMember = (
  client: KafkaClient,
  topic: string,
  groupId: string,
  { most = 1000, pause = 0 } = {},
): ReadingMember => {
  const state = {
    ...{ lines: [] as ReadingMember['lines'], bad: [] as Unreadable[], failures: [] as string[] },
    doubtful: [] as string[],
    ...{ owned: new Map<number, OwnedPartition>(), gone: 0, joins: 0 },
  }
  const read = async (owned: OwnedPartition): Promise<void> => {
    const { partition } = owned
    owned.seek(owned.committed?.next ?? owned.start)
    while (owned.owned) {
      const given = await owned.take(most, 200)
      if (given === undefined) continue
      if (pause > 0) await Bun.sleep(pause)
      try {
        await owned.commit(given.next, `${partition} up to ${given.next}`)
      } catch (error) {
        state.failures.push((error as Error).message)
        state.doubtful.push(...given.lines.map(({ text }) => text))
        return
      }
      for (const line of given.lines) state.lines.push({ ...line, partition })
      state.bad.push(...given.bad)
    }
  }
  const member = joinGroup(
    client,
    { topic, groupId, read: linesOf },
    {
      assigned(owned) {
        state.owned.set(owned.partition, owned)
        void read(owned)
      },
      lost: partition => state.owned.delete(partition),
      joined: () => {
        state.joins++
      },
      failed: error => state.failures.push(error.message),
      gone(_, messages) {
        state.gone += messages
      },
    },
  )
  return Object.assign(state, member)
}

/** Until it holds. @throws with what it was about when it takes too long */
export const until = async (
  about: string,
  holds: () => boolean | Promise<boolean>,
  ms = 30_000,
): Promise<void> => {
  const end = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain: ${about}`)
    await Bun.sleep(20)
  }
}

export const numbered = (name: string, count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, i) => `${name} ${first + i}`)
