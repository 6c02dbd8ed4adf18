import type { LogLine } from '../../core/types.ts'
import type { PlaceReader, ReaderDeps } from './kafka-reader.ts'
import type { SortedMessage } from './sorted-record.ts'

/** Lines that may wait for a partition of the input that is behind; beyond it they go on. */
const MOST_WAITING = 200_000
/** The same in real time, ms: longer than it takes until another worker sorts that partition. */
const PATIENCE_MS = 60_000

type Line = SortedMessage & { line: NonNullable<SortedMessage['line']> }

interface Memory {
  /** Lines given so far. */
  count: number
  /** By partition of the input: how far it has been given, and the time of the latest of it. */
  origins: [from: number, position: number, copy: number, at: number][]
}

interface Origin {
  /** Of the latest line that was given. */
  given: { position: number; copy: number; at: number }
  /** Up to which it has come. */
  at: number
  waiting: Line[]
  /** Index of the first that waits. */
  head: number
}

/**
 * Lines of a partition of sorted ones, in the order of their times in the input, whatever the order
 * in which workers wrote them: a line is given when all partitions of the input have come so far.
 * So what is found does not depend on who sorted faster. A line that was written twice, by a worker
 * that died and the one after it, is given once.
 * @param deps.inputs partitions of the input
 * @param deps.overtaken lines that went on without waiting for a partition that was too far behind
 */
export const createMergeReader = ({
  owned,
  saved,
  next,
  inputs,
  overtaken,
  ...deps
}: ReaderDeps<SortedMessage> & { inputs: number; overtaken(lines: number): void }): PlaceReader => {
  const memory = deps.memory as Memory | undefined
  let count = memory?.count ?? 0
  let pending = [...(saved?.ticks ?? [])]
  let read = next
  let before = owned.end
  let caughtUp = false
  let waitedSince: number | undefined
  const origins = Array.from({ length: inputs }, (): Origin => {
    const given = { position: -1, copy: 0, at: Number.NEGATIVE_INFINITY }
    return { given, at: given.at, waiting: [], head: 0 }
  })
  for (const [from, position, copy, at] of memory?.origins ?? []) {
    const origin = origins[from]
    if (origin === undefined) continue
    // JSON has no infinity.
    origin.given = { position, copy, at: at ?? Number.NEGATIVE_INFINITY }
    origin.at = origin.given.at
  }
  owned.seek(next)

  const isBehind = (line: Line['line'], { position, copy }: { position: number; copy: number }) =>
    line.position < position || (line.position === position && line.copy <= copy)
  const add = (message: SortedMessage): void => {
    const origin = origins[message.from]
    if (origin === undefined) return
    origin.at = Math.max(origin.at, message.at)
    if (message.line === undefined) return
    const newest = origin.waiting.at(-1)?.line ?? origin.given
    if (isBehind(message.line, newest)) return
    // Times of a partition may go back; its order may not.
    origin.waiting.push({ ...message, line: message.line, at: origin.at })
  }
  const headOf = ({ waiting, head }: Origin): Line | undefined => waiting[head]
  const waiting = (): number =>
    origins.reduce((sum, { waiting: lines, head }) => sum + lines.length - head, 0)
  const pop = (origin: Origin): Line => {
    const line = origin.waiting[origin.head++]!
    if (origin.head > 1000 && 2 * origin.head > origin.waiting.length) {
      origin.waiting = origin.waiting.slice(origin.head)
      origin.head = 0
    } else if (origin.head === origin.waiting.length) {
      origin.waiting = []
      origin.head = 0
    }
    return line
  }
  /** The time up to which all partitions of the input have come. */
  const common = (): number => origins.reduce((least, { at }) => Math.min(least, at), Infinity)
  /** The first of those that may go, by time, then partition. */
  const take = (until: number, most: number): LogLine[] => {
    const lines: LogLine[] = []
    while (lines.length < most) {
      let first: Origin | undefined
      for (const origin of origins) {
        const head = headOf(origin)
        if (head === undefined || head.at >= until) continue
        if (first === undefined || head.at < headOf(first)!.at) first = origin
      }
      if (first === undefined) break
      const { from, line, at } = pop(first)
      first.given = { position: line.position, copy: line.copy, at }
      const { text, source, arrived, keys, position, copy } = line
      const origin = `${from}/${position}/${copy}`
      lines.push(Object.assign({ text, source, arrived, keys, position: ++count }, { origin }))
    }
    return lines
  }
  const ready = (most: number): LogLine[] => {
    const lines = take(common(), most)
    const now = performance.now()
    if (lines.length > 0 || waiting() === 0) waitedSince = undefined
    else waitedSince ??= now
    const late = waitedSince !== undefined && now - waitedSince > PATIENCE_MS
    if (lines.length > 0 || !(late || waiting() > MOST_WAITING)) return lines
    const forced = take(Infinity, Math.min(most, waiting()))
    overtaken(forced.length)
    return forced
  }
  const resume = (): number =>
    origins.reduce((least, origin) => Math.min(least, headOf(origin)?.offset ?? least), read)
  const dueTick = (): { kind: 'tick'; ms: number } | undefined => {
    const [tick] = pending
    if (tick === undefined || tick.next > count) return undefined
    pending = pending.slice(1)
    return { kind: 'tick', ms: tick.ms }
  }
  return {
    async next(most, ms) {
      const tick = dueTick()
      if (tick !== undefined) return tick
      const limit = Math.min(most, (pending[0]?.next ?? Infinity) - count)
      let lines = ready(limit)
      let moved = false
      if (lines.length === 0) {
        const given = await owned.take(most, ms)
        if (given !== undefined) {
          if (given.bad.length > 0) await deps.unreadable(given.bad)
          for (const message of given.lines) add(message)
          read = given.next
          moved = true
        }
        caughtUp = (given === undefined ? owned.atEnd : given.atEnd) && waiting() === 0
        if (given === undefined && owned.atEnd) {
          before = read
          // What stood there is gone: nothing can come before these ticks any more.
          if (waiting() === 0) {
            pending = pending.map(each => ({ ...each, next: Math.min(each.next, count) }))
          }
        }
        lines = ready(limit)
      }
      if (lines.length === 0 && !moved) return undefined
      deps.taken(lines)
      return { kind: 'lines', lines }
    },
    get position() {
      return count
    },
    get resume() {
      return resume()
    },
    memory: (): Memory => ({
      count,
      origins: origins.map(({ given: { position, copy, at } }, from) => [from, position, copy, at]),
    }),
    get replaying() {
      return pending.length > 0 || resume() < before
    },
    get pending() {
      return pending
    },
    get caughtUp() {
      return caughtUp
    },
    close: async () => undefined,
  }
}
