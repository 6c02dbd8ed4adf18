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
  /** Many gaps are a little longer. */
  | 'shift'
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

export interface Blame {
  /** A service, or a component that only others speak of. */
  name: string
  kind: 'service' | 'component'
  share: number
}

/** One finding that normal time does not explain. */
export interface Evidence {
  kind: EvidenceKind
  /** The same for the same finding on another day. */
  key: string
  blame: Blame[]
  /** Grows with sureness, share of the cases, and size of the effect. */
  strength: number
  /** When it was seen first, ms. */
  at: number
  /** Positions of the lines that show it, most telling first. */
  positions: number[]
  /** When it was seen, ms; a bounded sample. */
  marks: number[]
  /** Traces that show it; a bounded sample. */
  traces: number[]
  what: string
  /** How often it was seen with each instance of the blamed service, and in how many cases. */
  instances?: Map<number, { k: number; n: number }>
  /** The two ends of a gap, to tell later which one is to blame. */
  link?: { from: string; to: string }
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

/** Positions, marks and traces that a finding keeps. */
export const MOST_KEPT = 200
export const MOST_CITED = 8

/** Share of a finding in normal time: that of training, or that of just before where it was common. */
export const baseShare = (d: number, m: number, before: { k: number; n: number }): number => {
  const pooled = (d + before.k + 0.5) / (m + before.n + 1)
  return before.k >= 3 ? Math.max(pooled, before.k / before.n) : pooled
}
