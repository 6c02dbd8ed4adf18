import type { KafkaLine, Unreadable } from '../../bus/kafka/format.ts'
import type { OwnedPartition, Taken } from '../../bus/kafka/group.ts'
import type { LogLine } from '../../core/types.ts'
import type { Reader, Saved } from '../pipeline/place.ts'

/** A reader of a partition that can be gone on with elsewhere. */
export interface PlaceReader extends Reader {
  /** Offset from which a restart reads. */
  readonly resume: number
  /** What it must remember for that, as plain JSON. */
  memory(): unknown
}

export interface ReaderDeps<T = KafkaLine> {
  owned: OwnedPartition<T>
  saved: Saved | undefined
  /** Where to begin. */
  next: number
  /** Its memory of then. */
  memory: unknown
  /** Lines that were read. */
  taken(lines: readonly LogLine[]): void
  /** Messages that cannot be read: kept for people when it resolves. */
  unreadable(bad: readonly Unreadable[]): Promise<void>
}

/**
 * Lines of a partition, with the ticks of before a restart at their places.
 * @param deps.cut lines among them that were cut at the longest length
 */
export const createKafkaReader = ({
  owned,
  saved,
  next,
  ...deps
}: ReaderDeps & { cut(lines: number): void }): PlaceReader => {
  const countCut = (lines: readonly KafkaLine[]): void => {
    const count = lines.filter(line => line.cut).length
    if (count > 0) deps.cut(count)
  }
  let pending = [...(saved?.ticks ?? [])]
  let rest: Taken | undefined
  let position = next
  let caughtUp = false
  /** What was there when the partition came to us: the owner before may have read it all. */
  let before = owned.end
  owned.seek(next)

  /** The lines of messages before an offset; the others come next. */
  const cut = (given: Taken, at: number): Taken => {
    const place = given.lines.findIndex(({ offset }) => offset >= at)
    if (place <= 0) return given
    rest = { ...given, lines: given.lines.slice(place), bad: [] }
    return { ...given, lines: given.lines.slice(0, place), next: at }
  }
  const dueTick = (): { kind: 'tick'; ms: number } | undefined => {
    const [tick] = pending
    if (tick === undefined || tick.next > position) return undefined
    pending = pending.slice(1)
    return { kind: 'tick', ms: tick.ms }
  }
  return {
    async next(most, ms) {
      const tick = dueTick()
      if (tick !== undefined) return tick
      const given = rest ?? (await owned.take(most, ms))
      rest = undefined
      if (given === undefined) {
        caughtUp = owned.atEnd
        if (caughtUp) {
          // What stood there is gone: nothing can come before these ticks any more.
          pending = pending.map(late => ({ ...late, next: Math.min(late.next, position) }))
          before = position
        }
        return undefined
      }
      caughtUp = given.atEnd
      const limit = pending[0]?.next ?? Number.POSITIVE_INFINITY
      const batch = limit < given.next ? cut(given, limit) : given
      if (batch.bad.length > 0) await deps.unreadable(batch.bad)
      position = batch.next
      deps.taken(batch.lines)
      countCut(batch.lines)
      return { kind: 'lines', lines: batch.lines }
    },
    get position() {
      return position
    },
    get replaying() {
      return pending.length > 0 || position < before
    },
    get pending() {
      return pending
    },
    get caughtUp() {
      return caughtUp
    },
    get resume() {
      return position
    },
    memory: () => undefined,
    close: async () => undefined,
  }
}
