import type { LogEvent, Session } from '../types.ts'
import { LEAP_MS } from './clock.ts'

/** Dated events of a source that show to what its clock is written. */
const LEAST = 20
const SECOND = 1000

/**
 * To how many ms the times of different sources can be compared: a second where any of them writes
 * whole seconds only, else 1.
 */
export const resolutionOf = (sample: readonly LogEvent[]): number => {
  const seen = new Map<string, { events: number; whole: boolean }>()
  for (const { source, at, dated } of sample) {
    if (!dated) continue
    const known = seen.get(source) ?? { events: 0, whole: true }
    known.events++
    known.whole &&= at % SECOND === 0
    seen.set(source, known)
  }
  const coarse = [...seen.values()].some(({ events, whole }) => events >= LEAST && whole)
  return coarse ? SECOND : 1
}

/** Whether the sources of a session write on clocks that can be compared: not in several zones. */
const comparable = (at: readonly number[], sources: readonly string[]): boolean => {
  const first = new Map<string, number>()
  sources.forEach((source, i) => {
    if (!first.has(source)) first.set(source, at[i]!)
  })
  const times = [...first.values()]
  return Math.max(...times) - Math.min(...times) <= LEAP_MS
}

/**
 * Puts a session that crosses sources in order of time, within the resolution by source, then line:
 * the same order however its lines arrived, file by file or as they were written. Where the clocks
 * of its sources are more than an hour apart the order of arrival stays.
 */
export const inTimeOrder = (session: Session, resolution: number): Session => {
  const { at, lines, sources, events, texts } = session
  if (sources === undefined || sources.every(source => source === sources[0])) return session
  if (!comparable(at, sources)) return session
  const time = at.map(ms => Math.floor(ms / resolution))
  const order = at.map((_, i) => i)
  order.sort(
    (a, b) =>
      time[a]! - time[b]! || compare(sources[a]!, sources[b]!) || lines[a]! - lines[b]! || a - b,
  )
  const pick = <T>(list: readonly T[]): T[] => order.map(i => list[i]!)
  return {
    ...session,
    source: sources[order[0]!]!,
    events: pick(events),
    at: pick(at),
    lines: pick(lines),
    sources: pick(sources),
    ...(texts !== undefined && { texts: pick(texts) }),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
