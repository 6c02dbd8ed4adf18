import type { Evidence, Scene } from './evidence.ts'
import { findAll, sceneOf } from './findings.ts'
import { createFrame, type Frame } from './frame.ts'
import { type RcaModel, readModel } from './model.ts'
import { findOnset } from './onset.ts'
import type { Profile } from './profile.ts'
import { type Candidate, rank } from './rank.ts'
import { reportOf } from './report.ts'
import type { RcaEvent, RcaOptions, RcaReport } from './types.ts'

/** More lines are left out: those farthest from the begin of the incident, else the oldest. */
const MOST_LINES = 200_000

/**
 * Finds what probably caused the trouble in these lines. `found` is false where they hold nothing
 * that normal time does not hold as well.
 * @throws LogbertError BAD_BUNDLE when the model is none
 */
export const analyse = (
  model: RcaModel,
  events: readonly RcaEvent[],
  options: RcaOptions = {},
): RcaReport => {
  const profile = readModel(model)
  const { kept, left } = bound(events, options)
  const frame = createFrame(kept, profile.dictionary)
  if (frame.size === 0) return reportOf({ lines: events.length, left })
  const judged = judge(profile, frame, options)
  return reportOf({ ...judged, lines: events.length, left })
}

export interface Judged {
  scene: Scene
  found: Evidence[]
  candidates: Candidate[]
  /** Whether it was told when it began. */
  isKnown?: boolean
}

export const judge = (profile: Profile, frame: Frame, options: RcaOptions): Judged => {
  const first = options.from ?? frame.at[0]!
  const last = options.to ?? frame.at[frame.size - 1]!
  const look = (start: number, end: number, isWhole: boolean): Judged => {
    const scene = sceneOf(profile, frame, start, end)
    const findings = findAll(scene)
    return { scene, found: findings.found, candidates: rank(scene, findings, isWhole) }
  }
  if (options.start !== undefined) {
    return { ...look(options.start, last, false), isKnown: true }
  }
  const whole = look(first, last, true)
  const sure = whole.found.filter(
    ({ key, strength }) => strength > (profile.calibration.items.get(key) ?? 0),
  )
  const onset = findOnset(sure, frame, first, last)
  if (onset === undefined) return whole
  const part = look(onset.start, onset.end, false)
  return topOf(part) > ENOUGH * topOf(whole) ? part : whole
}

/** So much of what the whole shows makes the stretch in which it stands thick the incident. */
const ENOUGH = 0.6

const topOf = ({ candidates }: Judged): number => candidates[0]?.score ?? 0

const bound = (
  events: readonly RcaEvent[],
  { from = -Infinity, to = Infinity, start }: RcaOptions,
): { kept: readonly RcaEvent[]; left: number } => {
  const inside = events.filter(({ at }) => at >= from && at <= to)
  if (inside.length <= MOST_LINES) return { kept: inside, left: 0 }
  const centre = start ?? Infinity
  const near = inside
    .map((event, i) => ({
      event,
      i,
      away: start === undefined ? -event.at : Math.abs(event.at - centre),
    }))
    .sort((a, b) => a.away - b.away || a.i - b.i)
    .slice(0, MOST_LINES)
    .sort((a, b) => a.i - b.i)
  return { kept: near.map(({ event }) => event), left: inside.length - MOST_LINES }
}
