import { activityOf } from './activity.ts'
import type { Findings, Scene } from './evidence.ts'
import type { Frame } from './frame.ts'
import { findLines } from './judge/lines.ts'
import { findMissing } from './judge/missing.ts'
import { findSilence } from './judge/silence.ts'
import { findSlow } from './judge/slow.ts'
import { findValues } from './judge/values.ts'
import type { Profile } from './profile.ts'
import { speakersOf } from './scene-names.ts'

export const sceneOf = (profile: Profile, frame: Frame, start: number, end: number): Scene => ({
  ...{ profile, frame, start, end },
  activity: activityOf(profile, frame, start, end),
  speakers: speakersOf(profile, frame),
})

/** Everything in a stretch that normal time does not explain. */
export const findAll = (scene: Scene): Findings => {
  const { found: slow, rates } = findSlow(scene)
  const found = [
    ...findMissing(scene),
    ...slow,
    ...findSilence(scene),
    ...findLines(scene),
    ...findValues(scene),
  ]
  return { found, rates }
}
