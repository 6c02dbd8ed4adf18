import { type Bus, type BusBatch, TOPICS } from '../../bus/bus.ts'
import type { Reader, Saved } from './place.ts'

/** Name under which the pipeline reads its input. */
export const GROUP = 'logbert'
export const PARTITION = 0

/** A reader of the embedded bus. */
export interface EmbeddedReader extends Reader {
  /** All that was given is dealt with. */
  commit(): Promise<void>
}

/** Offset that the next line will get. */
export const endOf = async (bus: Bus): Promise<number> =>
  (await bus.lag(TOPICS.input, GROUP))[0]?.end ?? 0

/** Reads behind what was saved, or where the group is. */
export const createReader = async (bus: Bus, saved: Saved | undefined): Promise<EmbeddedReader> => {
  const start = saved && new Map([[PARTITION, saved.next]])
  const consumer = await bus.subscribe(TOPICS.input, GROUP, start)
  const committed = async (): Promise<number> =>
    (await bus.lag(TOPICS.input, GROUP)).find(lag => lag.partition === PARTITION)?.committed ?? 0
  let pending = [...(saved?.ticks ?? [])]
  let rest: BusBatch | undefined
  let position = saved?.next ?? (await committed())
  let caughtUp = false

  /** The part of a batch before an offset; what is left of it comes next. */
  const cut = (batch: BusBatch, at: number): BusBatch => {
    const end = batch.messages.findIndex(({ offset }) => offset >= at)
    if (end <= 0) return batch
    rest = { ...batch, messages: batch.messages.slice(end) }
    return { ...batch, messages: batch.messages.slice(0, end), next: at }
  }
  const dueTick = (): { kind: 'tick'; ms: number } | undefined => {
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
      if (fresh) caughtUp = given.messages.length < most && given.next >= (await endOf(bus))
      const limit = Math.min(
        pending[0]?.next ?? Number.POSITIVE_INFINITY,
        given.messages[0]!.offset + most,
      )
      const batch = limit < given.next ? cut(given, limit) : given
      position = batch.next
      const lines = batch.messages.map(({ text, source, arrived, offset }) => ({
        ...{ text, source, arrived, position: offset },
      }))
      return { kind: 'lines', lines }
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
    commit: () => consumer.commit(PARTITION, position),
    close: () => consumer.close(),
  }
}
