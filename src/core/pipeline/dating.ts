import type { LogEvent } from '../types.ts'

/** Sources whose latest time is remembered, at most. */
const MOST = 20_000

/** Gives lines without a time (stack traces, continuations) that of the line before in their source. */
export interface Dating {
  (event: LogEvent): LogEvent
  /** Latest time by source. */
  state(): [source: string, at: number][]
}

export const createDating = (from: readonly [string, number][] = []): Dating => {
  const latest = new Map(from)
  const date = (event: LogEvent): LogEvent => {
    if (event.dated) {
      if (latest.size >= MOST && !latest.has(event.source)) latest.clear()
      latest.set(event.source, event.at)
      return event
    }
    const at = latest.get(event.source)
    return at === undefined ? event : { ...event, at }
  }
  return Object.assign(date, { state: () => [...latest] })
}
