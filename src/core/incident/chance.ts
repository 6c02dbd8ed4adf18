import type { Part } from './parts.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/**
 * The chance at which a coincidence is believed: 1 in 20. Where other incidents have a feature at
 * some rate, its reach ends where the next of them would come by chance with this probability.
 */
const CHANCE = 0.05
/** Evidence, in nats, from which on things belong together. */
export const ENOUGH_NATS = -Math.log(CHANCE)
/** Times of logs are good to about a second. */
const RESOLUTION_MS = 1000

/** How long a feature ties, ms: as long as asked for, or until chance is a likely reason. */
export const reachOf = (base: number, perMs: number): number => 1 / (1 / base + perMs / CHANCE)

/** −ln of the chance to meet within `gap`, where it is `CHANCE` within `reach`. */
export const natsOf = (gap: number, reach: number): number =>
  Math.max(0, ENOUGH_NATS + Math.log(reach / Math.max(gap, RESOLUTION_MS)))

/** Ms between two stretches of time; 0 where they overlap. */
export const gapBetween = (
  { from, to }: { from: number; to: number },
  { firstSeen, lastSeen }: Part,
): number => Math.max(0, from - lastSeen, firstSeen - to)

/** In how many minutes something was odd, at most: a burst of thousands is one trouble. */
export const minutesOf = ({ firstSeen, lastSeen, anomalies }: Part): number =>
  Math.min(anomalies, 1 + (lastSeen - firstSeen) / MINUTE_MS)

/**
 * Over how long what others have is known, ms: the last day, or since the first incident there was;
 * an hour of ignorance is assumed at least.
 */
export const watchedMs = (now: number, since: number): number =>
  Math.min(Math.max(now - since, HOUR_MS), DAY_MS)

/** The same where there was no room to remember any before `oldest`. */
export const watchedFrom = (now: number, oldest: number, watched: number): number =>
  Math.min(Math.max(now - oldest, RESOLUTION_MS), watched)
