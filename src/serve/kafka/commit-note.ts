import type { PipelineTick } from '../../db/database.ts'

/**
 * What a worker writes beside a committed offset: where its state is, and the silence that has
 * counted since. Kafka takes a commit from the owner of a partition only, so that this is the fence:
 * of two workers that both think it is theirs, one cannot move it.
 */
export interface CommitNote {
  /** Position of the reader then: the committed offset, unless it reads in another order. */
  at: number
  /** The checkpoint: offsets in the state topic, first and last, and the id all its pieces bear. */
  state: {
    partition: number
    first: number
    last: number
    id: string
    /** When it was written, epoch ms. */
    made: number
  }
  /** Since the checkpoint, in order. */
  ticks: readonly PipelineTick[]
}

/** Kafka's default for `offset.metadata.max.bytes` is 4096. */
export const MOST_NOTE = 4000
const VERSION = 1

export const writeNote = ({ at, state, ticks }: CommitNote): string =>
  JSON.stringify([
    VERSION,
    at,
    state.partition,
    state.first,
    state.last,
    state.id,
    state.made,
    ...ticks.map(({ next, ms }) => [next, ms]),
  ])

/** Undefined for what no worker wrote: offsets that somebody has set by hand, say. */
export const readNote = (text: string, partition: number): CommitNote | undefined => {
  try {
    const [version, at, statePartition, first, last, id, made, ...ticks] = JSON.parse(text)
    if (version !== VERSION) return undefined
    return {
      at,
      state: { partition: statePartition, first, last, id, made },
      ticks: ticks.map(([next, ms]: [number, number]) => ({ partition, next, ms })),
    }
  } catch {
    return undefined
  }
}
