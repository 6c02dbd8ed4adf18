import type { OwnedPartition } from '../../bus/kafka/group.ts'
import { LogbertError } from '../../core/errors.ts'
import type { StreamDetection } from '../../core/pipeline/stream-types.ts'
import type { PipelineTick } from '../../db/database.ts'
import type { Place } from '../pipeline/place.ts'
import { type CommitNote, readNote, writeNote } from './commit-note.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { PlaceReader, ReaderDeps } from './kafka-reader.ts'
import { createLineStore, type LineStore } from './line-store.ts'
import type { StateTopic } from './state-topic.ts'

export interface KafkaPlaceDeps<T> {
  owned: OwnedPartition<T>
  /** How its messages are read. */
  reader(deps: ReaderDeps<T>): PlaceReader
  states: StateTopic
  /**
   * Resolves when all brokers in sync have them.
   * @param line a line of what was found, by its position
   */
  publish(found: StreamDetection, line: LineStore['get']): Promise<void>
  dead: DeadLetters
  /** Whether silence by the clock is part of what is found. */
  silence: boolean
  /** For people. */
  note(text: string): void
}

/** So many ticks fit beside an offset, whatever their numbers. */
const MOST_TICKS = 100
const RENEW_MS = 86_400_000

/**
 * One partition of Kafka as a lane sees it. What its stream remembers is in the state topic, and the
 * committed offset says where: the next owner reads the state, goes on from that offset, and finds
 * what was found since once more, under the same ids.
 *
 * Lines alone decide what is found, but for silence by the clock. So before anything is published
 * that silence has led to, the silence is written beside the committed offset. As Kafka takes that
 * from the owner of the partition only, a worker that has lost it and does not know yet publishes
 * nothing but what the next one will find, too.
 */
export const createKafkaPlace = <T>(deps: KafkaPlaceDeps<T>): Place => {
  const { owned, states, publish, dead, note } = deps
  const { partition } = owned
  let store = createLineStore()
  let memory: unknown
  /** What the committed offset says; undefined where nothing was ever committed by a worker. */
  let point = pointOf(owned)
  let ticks: PipelineTick[] = [...(point?.ticks ?? [])]
  /** Whether the latest ticks are not beside the committed offset yet. */
  let unwritten = false

  const commit = async (next: number, said: CommitNote): Promise<void> => {
    if (!owned.owned) throw notOurs(partition)
    await owned.commit(next, writeNote(said))
    point = { next, ...said }
    unwritten = false
  }
  return {
    partition,
    async saved() {
      unwritten = false
      ticks = [...(point?.ticks ?? [])]
      store = createLineStore()
      memory = undefined
      if (point === undefined) {
        if (owned.committed !== undefined)
          note(startsAnew(partition, owned.committed.next, 'its offset was set by no worker'))
        return undefined
      }
      const found = await states.load(point.state)
      if (found === undefined) {
        note(startsAnew(partition, point.next, 'its state is gone, or of another version'))
        return undefined
      }
      store = createLineStore(found.lines)
      memory = found.reader
      const { state } = found
      return { model: state.model, state, next: point.at, ticks }
    },
    end: async () => owned.latestEnd(),
    read: async saved =>
      deps.reader({
        ...{ owned, saved, memory },
        next: point?.next ?? owned.committed?.next ?? owned.start,
        taken: lines => store.add(lines),
        unreadable: bad => dead.unreadable(bad, partition),
      }),
    fetch: async positions => positions.map(position => store.get(position)),
    async put(found) {
      const { anomalies, sorted = [] } = found
      if (anomalies.length === 0 && sorted.length === 0 && !('sorted' in found)) {
        return { fresh: [], suppressed: 0 }
      }
      if (!owned.owned) throw notOurs(partition)
      if (unwritten && point !== undefined) await commit(point.next, { ...point, ticks })
      await publish(found, store.get)
      return { fresh: anomalies, suppressed: 0 }
    },
    addTick(tick) {
      if (!deps.silence) return
      ticks.push(tick)
      unwritten = true
    },
    get due() {
      // The topic lets go what is old, and does not know what is in use.
      const old = point !== undefined && Date.now() - point.state.made > RENEW_MS
      return old || ticks.length >= MOST_TICKS
    },
    get crowded() {
      return store.crowded
    },
    keep: positions => store.keep(positions),
    async save({ next, state }, reader, held) {
      store.keep(held)
      const before = point?.state
      const { resume, memory: remembered } = reader as PlaceReader
      const lines = store.all()
      const place = await states.save(partition, { state, lines, reader: remembered() })
      await commit(resume, { at: next, state: place, ticks: reader.pending })
      ticks = [...reader.pending]
      if (before !== undefined) await states.remove(before).catch(() => undefined)
    },
    bury: (lines, why) => dead.lines(lines, partition, why),
    decide: () => undefined,
  }
}

const pointOf = <T>({ committed, partition }: OwnedPartition<T>) => {
  const said = committed && readNote(committed.note, partition)
  return committed && said && { next: committed.next, ...said }
}

const startsAnew = (partition: number, offset: number, why: string): string =>
  `partition ${partition} starts anew at offset ${offset}: ${why}; sessions that were open there are cut in two`

const notOurs = (partition: number): LogbertError =>
  new LogbertError(
    'CONFLICT',
    `partition ${partition} is another worker's by now; it goes on there`,
  )
