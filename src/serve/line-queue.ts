import type { LineSink } from '../api/deps.ts'
import type { LogLine } from '../core/types.ts'

/** Lines between those who send them and the detector; in memory, bounded, in order. */
export interface LineQueue extends LineSink {
  /** Up to `most` lines; waits up to `ms` for the first one, then may give none. */
  take(most: number, ms: number): Promise<LogLine[]>
  /** Wakes who waits. */
  wake(): void
}

/** Characters that may wait, about half a gigabyte in memory at most. */
const MOST_CHARS = 256 << 20

const charsOf = (lines: readonly LogLine[]): number =>
  lines.reduce((sum, { text }) => sum + text.length, 0)

export const createLineQueue = (limit: number, mostChars = MOST_CHARS): LineQueue => {
  let batches: (readonly LogLine[])[] = []
  /** Lines of the first batch that were taken already. */
  let taken = 0
  let queued = 0
  let chars = 0
  let wake = (): void => undefined
  const takeNow = (most: number): LogLine[] => {
    const lines: LogLine[] = []
    let used = 0
    while (used < batches.length && lines.length < most) {
      const batch = batches[used]!
      const part = batch.slice(taken, taken + most - lines.length)
      for (const line of part) lines.push(line)
      taken += part.length
      if (taken < batch.length) break
      used++
      taken = 0
    }
    if (used > 0) batches = batches.slice(used)
    queued -= lines.length
    chars -= charsOf(lines)
    return lines
  }
  return {
    offer(lines) {
      const more = charsOf(lines)
      if (queued + lines.length > limit || chars + more > mostChars) return false
      chars += more
      if (lines.length > 0) {
        batches.push(lines)
        queued += lines.length
        wake()
      }
      return true
    },
    get queued() {
      return queued
    },
    async take(most, ms) {
      if (queued === 0) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, ms)
        wake = resolve
        await promise
        clearTimeout(timer)
      }
      return takeNow(most)
    },
    wake: () => wake(),
  }
}
