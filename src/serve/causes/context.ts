import { type Bus, TOPICS } from '../../bus/bus.ts'
import type { Anomaly, LogLine } from '../../core/types.ts'
import { mergeByArrival } from '../merge-by-arrival.ts'

/** Lines around trouble, in order of arrival. */
export interface Context {
  lines: LogLine[]
  /** Lines left out by the limit, as far as their number is known. */
  left: number
  /** What was left out, in words. */
  notes: string[]
}

const NOTHING: Context = { lines: [], left: 0, notes: [] }

/** Lines looked at, before the first odd one and behind the last. */
const BEFORE = 30_000
const BEHIND = 10_000
const MOST = 100_000
/** The same in time, where lines have no common order. */
const BEFORE_MS = 10 * 60_000
export const BEHIND_MS = 2 * 60_000

/**
 * The lines around anomalies in the one partition of the embedded bus, where the place of each of
 * them is known, however old their times are.
 */
export const contextByPlace = async (bus: Bus, anomalies: readonly Anomaly[]): Promise<Context> => {
  const places = anomalies.flatMap(({ lines }) => lines.map(({ line }) => line))
  if (places.length === 0) return NOTHING
  const first = places.reduce((a, b) => Math.min(a, b))
  const last = places.reduce((a, b) => Math.max(a, b))
  const from = Math.max(0, first - BEFORE)
  const ends = (await bus.lag(TOPICS.input, 'causes')).map(({ end }) => end)
  const wanted = Math.min(last + BEHIND, ends[0] ?? 0) - from
  const to = from + Math.min(MOST, wanted)
  const lines: LogLine[] = []
  for await (const { messages } of bus.read(TOPICS.input, { partition: 0, from, to })) {
    for (const { offset, ...message } of messages) lines.push({ ...message, position: offset })
  }
  const kept = lines[0]?.position ?? to
  // What comes after trouble does not tell its cause.
  if (kept > last) return NOTHING
  const notes = [
    ...(wanted > MOST
      ? [`only the first ${MOST} of ${wanted} lines around it were looked at`]
      : []),
    ...(kept > from && kept <= first ? ['some lines before it are no longer kept'] : []),
    ...(kept > first ? ['the lines that it began with are no longer kept'] : []),
  ]
  return { lines, left: Math.max(0, wanted - MOST), notes }
}

/** The lines around anomalies in all partitions of the input, by their times. */
export const contextByTime = async (bus: Bus, anomalies: readonly Anomaly[]): Promise<Context> => {
  if (anomalies.length === 0) return NOTHING
  const since = anomalies.reduce((least, { firstSeen }) => Math.min(least, firstSeen), Infinity)
  const until = anomalies.reduce((most, { lastSeen }) => Math.max(most, lastSeen), 0)
  const range = { since: Math.max(0, since - BEFORE_MS), until: until + BEHIND_MS }
  const partitions = (await bus.lag(TOPICS.input, 'causes')).map(({ partition }) => partition)
  const streams = partitions.map(partition => bus.read(TOPICS.input, { partition, ...range }))
  const lines: LogLine[] = []
  for await (const messages of mergeByArrival(streams)) {
    for (const { text, source, arrived } of messages) {
      if (lines.length < MOST) lines.push({ text, source, arrived })
    }
    if (lines.length >= MOST) {
      return { lines, left: 0, notes: [`only the first ${MOST} lines around it were looked at`] }
    }
  }
  return { lines, left: 0, notes: [] }
}
