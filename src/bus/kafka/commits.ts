import { LogbertError } from '../../core/errors.ts'
import { kafkaFault } from './fault.ts'
import type { Commit, OwnedPartition } from './group.ts'

/** An offset with its note, as kafkajs sends it. */
export interface CommitPlace {
  topic: string
  partition: number
  offset: string
  metadata: string
}

/** kafkajs' types leave out the metadata. */
export type CommitOnce = (offsets: {
  topics: { topic: string; partitions: Omit<CommitPlace, 'topic'>[] }[]
}) => Promise<void>

export interface CommitterDeps {
  topic: string
  about: string
  running(): boolean
  /** One try under the generation of now: kafkajs' own repetition might be under the next one. */
  once(place: CommitPlace): Promise<void>
  /** The group has gone on without us. */
  fenced(): void
  /** Seconds. */
  took(seconds: number): void
}

const TRIES = 5
const AGAIN_MS = 200

/**
 * Commits for a partition while it is ours, and tries again while brokers are away.
 * @throws LogbertError CONFLICT when it is not ours any more, AWAY when no broker answers
 */
export const createCommitter =
  ({ topic, about, ...deps }: CommitterDeps) =>
  async (
    owned: Pick<OwnedPartition, 'partition' | 'owned'>,
    { next, note }: Commit,
  ): Promise<void> => {
    const { partition } = owned
    const start = performance.now()
    for (let tries = 1; ; tries++) {
      if (!owned.owned || !deps.running()) throw notOurs(topic, partition)
      try {
        await deps.once({ topic, partition, offset: `${next}`, metadata: note })
        break
      } catch (error) {
        if (isFenced(error)) {
          if (owned.owned) deps.fenced()
          throw notOurs(topic, partition)
        }
        if (tries === TRIES || (error as { retriable?: boolean }).retriable === false)
          throw kafkaFault(`committing in ${topic}`, about, error)
        await new Promise(resolve => setTimeout(resolve, AGAIN_MS * tries))
      }
    }
    // It says nothing when it has stopped meanwhile.
    if (!owned.owned || !deps.running()) throw notOurs(topic, partition)
    deps.took((performance.now() - start) / 1000)
  }

const FENCED = /^(ILLEGAL_GENERATION|UNKNOWN_MEMBER_ID|REBALANCE_IN_PROGRESS|FENCED_INSTANCE_ID)$/

const isFenced = (error: unknown): boolean => {
  const { type, cause } = error as { type?: string; cause?: unknown }
  return FENCED.test(type ?? '') || (cause instanceof Error && isFenced(cause))
}

const notOurs = (topic: string, partition: number): LogbertError =>
  new LogbertError(
    'CONFLICT',
    `committing in ${topic}/${partition} failed: it is another member's by now`,
  )
