import { isUnreadable, type RawMessage, type Unreadable } from './format.ts'
import type { Commit, OwnedPartition, Taken } from './group.ts'

/** A batch as it was fetched. */
export interface FetchedBatch {
  /** Offset that was asked for; the first message may be beyond it. */
  from: number
  next: number
  /** Offset behind the last message of the partition then. */
  end: number
  messages: readonly RawMessage[]
}

export interface PartitionDeps<T> {
  partition: number
  /** Lines of a message, when it is taken: what waits is as small as it came. */
  read(message: RawMessage): T[] | Unreadable
  committed: Commit | undefined
  start: number
  end: number
  /** Answers to fetches so far. */
  fetches(): number
  seek(offset: number): void
  pause(): void
  resume(): void
  commit(next: number, note: string): Promise<void>
  /** Writes what was committed last again: kafkajs overwrites it when an offset is out of range. */
  restore(): void
  /** Messages that were gone before they were read. */
  gone(messages: number): void
  /** The log ends before an offset that it once had, and is read from here. */
  cut(wanted: number, from: number): void
}

/** A partition with the side that fills it. */
export interface PartitionFeed<T> {
  readonly owned: OwnedPartition<T>
  /**
   * Waits until the batch before is taken, with heartbeats.
   * @returns whether it will be given out; if not, it is to be fetched again
   */
  offer(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<boolean>
  /** It is not ours any more. */
  lose(): void
}

/** How long a fetched batch waits to be taken before its partition is not fetched for a while. */
const PATIENCE_MS = 1_000
const BEAT_MS = 250
/** So many answers after the last batch show that a fetch found nothing: one may have been under way. */
const EMPTY_FETCHES = 2
/** A broker that has not answered for so long may be away, ms. */
const ALIVE_MS = 5_000

export const createPartition = <T>(deps: PartitionDeps<T>): PartitionFeed<T> => {
  const { partition, committed, start } = deps
  let lost = false
  /** Undefined until it is known where to begin. */
  let expected: number | undefined
  let end = deps.end
  let paused = false
  let batch: FetchedBatch | undefined
  /** Messages of it that have been taken. */
  let taken = 0
  let position = 0
  /** Counts seeks. */
  let turn = 0
  /** Whether what came last did not begin where it was asked for. */
  let doubted = false
  let seen = deps.fetches()
  let answered = { count: deps.fetches(), at: performance.now() }
  let changed = Promise.withResolvers<void>()

  const signal = (): void => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  /** Until something changes, or so long. */
  const wait = async (ms: number): Promise<void> => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>(resolve => {
      timer = setTimeout(resolve, ms)
    })
    await Promise.race([changed.promise, late])
    clearTimeout(timer)
  }
  const isAtEnd = (): boolean => {
    const count = deps.fetches()
    const now = performance.now()
    if (count > answered.count) answered = { count, at: now }
    if (expected === undefined || batch !== undefined || paused || position < end) return false
    return count >= seen + EMPTY_FETCHES && now - answered.at < ALIVE_MS
  }
  /** Where it does not begin as asked, that offset is out of range, or an answer came late. */
  const isWanted = ({ from, end: now }: FetchedBatch, wanted: number): boolean => {
    if (from === wanted) {
      doubted = false
      return true
    }
    deps.restore()
    if (!doubted) {
      doubted = true
      deps.seek(wanted)
      return false
    }
    doubted = false
    position = from
    if (from > wanted) deps.gone(from - wanted)
    else {
      end = now
      deps.cut(wanted, from)
    }
    return true
  }
  const takeFrom = (from: FetchedBatch, most: number): Taken<T> => {
    const given: Taken<T> = { lines: [], bad: [], next: position, atEnd: false }
    while (taken < from.messages.length && given.lines.length < most) {
      const found = deps.read(from.messages[taken++]!)
      if (isUnreadable(found)) given.bad.push(found)
      else if (given.lines.length === 0) given.lines = found
      else for (const line of found) given.lines.push(line)
    }
    if (taken < from.messages.length) given.next = Number(from.messages[taken]!.offset)
    if (taken >= from.messages.length) {
      given.next = from.next
      given.atEnd = from.next >= end
      batch = undefined
      signal()
    }
    position = given.next
    return given
  }
  const owned: OwnedPartition<T> = {
    ...{ partition, committed, start, end: deps.end },
    latestEnd: () => end,
    get owned() {
      return !lost
    },
    get atEnd() {
      return isAtEnd()
    },
    seek(offset) {
      if (lost) return
      const from = Math.max(offset, start)
      if (from > offset) deps.gone(from - offset)
      turn++
      doubted = false
      expected = from
      position = from
      batch = undefined
      taken = 0
      paused = false
      seen = deps.fetches()
      deps.seek(from)
      signal()
    },
    async take(most, ms) {
      const until = performance.now() + ms
      for (;;) {
        if (lost) return undefined
        if (batch !== undefined) return takeFrom(batch, most)
        if (paused) {
          paused = false
          seen = deps.fetches()
          deps.resume()
        }
        const left = until - performance.now()
        if (left <= 0) return undefined
        await wait(left)
      }
    },
    commit: deps.commit,
  }
  return {
    owned,
    async offer(fetched, heartbeat) {
      const wanted = expected
      if (lost || wanted === undefined) return false
      const mine = turn
      const patience = performance.now() + PATIENCE_MS
      while (batch !== undefined) {
        await wait(BEAT_MS)
        await heartbeat()
        if (lost || mine !== turn) return false
        if (batch !== undefined && performance.now() > patience) {
          // Others are not to wait for this one.
          paused = true
          deps.pause()
          return false
        }
      }
      if (!isWanted(fetched, wanted)) return false
      batch = fetched
      taken = 0
      expected = fetched.next
      end = Math.max(end, fetched.end)
      seen = deps.fetches()
      signal()
      return true
    },
    lose() {
      lost = true
      batch = undefined
      signal()
    },
  }
}
