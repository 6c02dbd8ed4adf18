import type { Activity } from './activity.ts'
import type { Frame } from './frame.ts'
import type { Profile } from './profile.ts'
import type { Speakers } from './scene-names.ts'
import type { RcaDeviation, RcaMissing } from './types.ts'

export type EvidenceKind =
  /** A step that should have come did not. */
  | 'missing'
  /** Time passed where it does not in normal time. */
  | 'slow'
  /** A source, or a line that comes by itself, fell silent. */
  | 'silence'
  /** Lines that came more, or less often. */
  | 'rise'
  | 'fall'
  /** Lines of a kind that was never seen. */
  | 'new'
  /** Lines at a bad level. */
  | 'error'
  /** Others' bad lines name it. */
  | 'named'
  /** A value that was never seen, or is much commoner. */
  | 'value'
  /** A number out of its range. */
  | 'number'
  /** The same on lines that speak of somebody whom no trace shows at work. */
  | 'wait'

export interface Blame {
  /** A service, or a component that only others speak of. */
  name: string
  kind: 'service' | 'component'
  share: number
}

/** How much of the other links of each end is slow as well. */
export interface Elsewhere {
  from: number
  to: number
}

export interface Hit {
  /** ms */
  at: number
  trace: number
}

/** One finding that normal time does not explain. */
export interface Evidence {
  kind: EvidenceKind
  /** The same for the same finding on another day. */
  key: string
  blame: Blame[]
  /** Who wrote the lines that show it: a service that points at others by them. */
  writer?: string
  /** Grows with sureness, share of the cases, and size of the effect. */
  strength: number
  /** When it was seen first, ms. */
  at: number
  /** Positions of the lines that show it, most telling first. */
  positions: number[]
  /** When it was seen and in which trace (−1 for none), in order of time; a bounded sample. */
  hits: Hit[]
  what: string
  /** How often it was seen with each instance of the blamed service, and in how many cases. */
  instances?: Map<number, { k: number; n: number }>
  /** The two ends of a gap, to tell later which one is to blame. */
  link?: { from: string; to: string; isCall: boolean; elsewhere: Elsewhere }
  deviation?: RcaDeviation
  missing?: RcaMissing
}

/** What the finders of evidence look at. */
export interface Scene {
  profile: Profile
  frame: Frame
  /** The incident, ms. Lines before it are recent normal time. */
  start: number
  end: number
  activity: Activity
  speakers: Speakers
}

/** What was found in a scene. */
export interface Findings {
  found: Evidence[]
  /** Slow gaps and all, by service. */
  rates: ReadonlyMap<number, GapRates>
}

/** Gaps of a service by itself, and on its way to others: how many are slow, of how many. */
export interface GapRates {
  insideK: number
  insideN: number
  linkK: number
  linkN: number
}

/**
 * Positions and hits that a finding keeps. Of incidents of usual size these are all: traits count traces,
 * and what is cut short would look rare beside what is not.
 */
export const MOST_KEPT = 20_000
export const MOST_CITED = 8

/** What is left of a finding that was the same just before the incident. */
export const OLD_NEWS = 0.5

/**
 * How much a share now is news beside that of just before. It never takes a finding away: incidents
 * begin before somebody notices them, and training may be older than the last change.
 */
export const newsOf = (share: number, before: { k: number; n: number }): number => {
  const old = before.k / (before.n + 1)
  return OLD_NEWS + (1 - OLD_NEWS) * (1 - Math.min(1, old / share))
}
