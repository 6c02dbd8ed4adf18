import { type Bus, type BusBatch, TOPICS } from '../../bus/bus.ts'
import type { LogLine } from '../../core/types.ts'
import type { PipelineTick } from '../../db/database.ts'

/** Name under which the pipeline reads its input. */
export const GROUP = 'logbert'
const PARTITION = 0

/** What comes next: lines, or a tick that stood between them before a restart. */
export type Input = { kind: 'lines'; lines: LogLine[]; from: number } | { kind: 'tick'; ms: number }

/** Lines of the bus in order, with the ticks of before a restart at their places among them. */
export interface Reader {
  /** At most so many lines; waits up to `ms` for the first, then gives undefined. */
  next(most: number, ms: number): Promise<Input | undefined>
  /** Offset of the first line that was not given yet. */
  readonly position: number
  /** Whether lines come that had been read before a restart. */
  readonly replaying: boolean
  /** Ticks of before a restart that have not been given yet. */
  readonly pending: readonly PipelineTick[]
  /** Whether no more lines than were given last waited. */
  readonly caughtUp: boolean
  /** Lines that wait. */
  behind(): Promise<number>
  commit(): Promise<void>
  close(): Promise<void>
}

/** @param ticks since the checkpoint, in order; one of 0 ms is a mark: it had been read up to there */
export const createReader = async (
  bus: Bus,
  from: number | undefined,
  ticks: readonly PipelineTick[],
): Promise<Reader> => {
  const start = from === undefined ? undefined : new Map([[PARTITION, from]])
  const consumer = await bus.subscribe(TOPICS.input, GROUP, start)
  const committed = async (): Promise<number> =>
    (await bus.lag(TOPICS.input, GROUP)).find(lag => lag.partition === PARTITION)?.committed ?? 0
  const end = async (): Promise<number> => (await bus.lag(TOPICS.input, GROUP))[0]?.end ?? 0
  let pending = [...ticks]
  let rest: BusBatch | undefined
  let position = from ?? (await committed())
  let caughtUp = false

  /** The part of a batch before an offset; what is left of it comes next. */
  const cut = (batch: BusBatch, at: number): BusBatch => {
    const end = batch.messages.findIndex(({ offset }) => offset >= at)
    if (end <= 0) return batch
    rest = { ...batch, messages: batch.messages.slice(end) }
    return { ...batch, messages: batch.messages.slice(0, end), next: at }
  }
  const dueTick = (): Input | undefined => {
    for (;;) {
      const [tick] = pending
      if (tick === undefined || tick.next > position) return undefined
      pending = pending.slice(1)
      if (tick.ms > 0) return { kind: 'tick', ms: tick.ms }
    }
  }
  return {
    async next(most, ms) {
      const tick = dueTick()
      if (tick !== undefined) return tick
      const given = rest ?? (await consumer.take(most, ms))
      const fresh = rest === undefined
      rest = undefined
      if (given === undefined) {
        caughtUp = true
        // What stood there is gone from the bus: nothing can come before these ticks any more.
        pending = pending.map(late => ({ ...late, next: Math.min(late.next, position) }))
        return undefined
      }
      // A batch may be short for its bytes: only one that nothing follows shows the end.
      if (fresh) caughtUp = given.messages.length < most && given.next >= (await end())
      const limit = Math.min(
        pending[0]?.next ?? Number.POSITIVE_INFINITY,
        given.messages[0]!.offset + most,
      )
      const batch = limit < given.next ? cut(given, limit) : given
      position = batch.next
      const lines = batch.messages.map(({ text, source, arrived, offset }) => ({
        ...{ text, source, arrived, position: offset },
      }))
      return { kind: 'lines', lines, from: batch.messages[0]!.offset }
    },
    get position() {
      return position
    },
    get replaying() {
      return pending.length > 0
    },
    get pending() {
      return pending
    },
    get caughtUp() {
      return caughtUp
    },
    async behind() {
      return Math.max(0, (await end()) - position)
    },
    commit: () => consumer.commit(PARTITION, position),
    close: () => consumer.close(),
  }
}
