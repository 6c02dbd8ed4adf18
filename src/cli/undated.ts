import { createDating } from '../core/pipeline/dating.ts'
import type { LogEvent } from '../core/types.ts'

/** Lines that wait for the first time in their source, over all sources. */
const MOST_WAITING = 100_000

export interface Undated {
  /** What can be dated now, in order: an event, and those that waited for it. */
  date(event: LogEvent): LogEvent[]
  /** Those of sources in which no time came, with how many of them were not held. */
  end(): { rest: LogEvent[]; dropped: number }
}

/**
 * Gives lines without a time that of the line before in their source, and the first lines of a
 * source (banners, rest of a stack trace) that of the first line that has one: the time at which a
 * file is read says nothing of when it was written.
 */
export const createUndated = (): Undated => {
  const dating = createDating()
  const begun = new Set<string>()
  const waiting = new Map<string, LogEvent[]>()
  let held = 0
  let dropped = 0
  const wait = (event: LogEvent): void => {
    if (held >= MOST_WAITING) {
      dropped++
      return
    }
    held++
    const list = waiting.get(event.source)
    if (list === undefined) waiting.set(event.source, [event])
    else list.push(event)
  }
  return {
    date(event) {
      const { source } = event
      if (begun.has(source)) return [dating(event)]
      if (!event.dated) {
        wait(event)
        return []
      }
      begun.add(source)
      const before = waiting.get(source) ?? []
      waiting.delete(source)
      held -= before.length
      return [...before.map(each => ({ ...each, at: event.at })), dating(event)]
    },
    end: () => ({ rest: [...waiting.values()].flat(), dropped }),
  }
}
