import { LogbertError } from '../../core/errors.ts'
import type { CommitNote } from './commit-note.ts'
import { type PartitionState, readState, writeState } from './state-blob.ts'

/** A record of a topic, as bytes. */
export interface RawRecord {
  key: string
  /** Null removes what stood under the key. */
  value: Uint8Array | null
}

export interface StateDeps {
  /** Topic whose partitions are remembered: several may share a state topic. */
  input: string
  /** Partitions of the state topic. */
  partitions: number
  /** Safe with the brokers when it resolves. @returns offsets of the first and the last */
  publish(
    partition: number,
    records: readonly RawRecord[],
  ): Promise<{ first: number; last: number }>
  /** Records from one offset to another, both included, as far as they are there. */
  read(partition: number, first: number, last: number): AsyncIterable<RawRecord>
}

/**
 * What workers remember, in a compacted topic. A state is written in pieces under keys of its own,
 * and counts from the moment that a committed offset points at it; then the one before is removed.
 * Pieces that no commit ever pointed at (a worker died between the two) go by age.
 */
export interface StateTopic {
  save(partition: number, state: PartitionState): Promise<CommitNote['state']>
  /** Undefined when it is not whole any more, or of another version. */
  load(place: CommitNote['state']): Promise<PartitionState | undefined>
  /** Removes what no commit points at any longer. */
  remove(place: CommitNote['state']): Promise<void>
}

/** Brokers take 1 MiB at most unless told otherwise. */
const PIECE = 512 << 10

export const createStateTopic = ({ input, partitions, publish, read }: StateDeps): StateTopic => {
  /** How many pieces those have that were written or read here. */
  const sizes = new Map<string, number>()
  const keyOf = (id: string, piece: number): string => `${id}/${piece}`
  return {
    async save(partition, state) {
      const at = partition % partitions
      const id = `${input}/${partition}/${crypto.randomUUID()}`
      const bytes = await writeState(state)
      const pieces = Math.ceil(bytes.length / PIECE)
      const records = Array.from({ length: pieces }, (_, i) => ({
        key: keyOf(id, i),
        value: bytes.subarray(i * PIECE, (i + 1) * PIECE),
      }))
      const place = { partition: at, ...(await publish(at, records)), id, made: Date.now() }
      sizes.set(id, pieces)
      return place
    },
    async load({ partition, first, last, id }) {
      const pieces = new Map<string, Uint8Array>()
      for await (const { key, value } of read(partition, first, last)) {
        // A piece may be there twice, when an acknowledgement was lost.
        if (key.startsWith(`${id}/`) && value !== null) pieces.set(key, value)
      }
      const ordered = Array.from(pieces.keys(), (_, i) => pieces.get(keyOf(id, i)))
      if (ordered.length === 0 || ordered.some(piece => piece === undefined)) return undefined
      sizes.set(id, ordered.length)
      // A last piece that is missing shows as compressed bytes without an end.
      return readState(joined(ordered as Uint8Array[])).catch(() => undefined)
    },
    async remove({ partition, id }) {
      const pieces = sizes.get(id)
      if (pieces === undefined) throw unknownState(id)
      sizes.delete(id)
      await publish(
        partition,
        Array.from({ length: pieces }, (_, i) => ({ key: keyOf(id, i), value: null })),
      )
    },
  }
}

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

const unknownState = (id: string): LogbertError =>
  new LogbertError(
    'BAD_INPUT',
    `removing the state ${id} failed: it was neither written nor read here`,
  )
