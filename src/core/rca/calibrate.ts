import { addFacts, createFacts, type Facts } from './facts.ts'
import { findAll, sceneOf } from './findings.ts'
import type { Frame } from './frame.ts'
import { type Calibration, noCalibration, type Profile, profileOf } from './profile.ts'
import { rank } from './rank.ts'

/** Strengths of a kind that are kept. */
const MOST_NOISE = 200

/** The share of the first stretch in which a system that has just been started writes what it never does later. */
const WARM_UP = 0.25

/**
 * What findings reach in normal time: each stretch is judged by what the others teach. A finding
 * must say more than that to count, and a suspect more than the best one of any stretch.
 */
export const calibrate = (
  profile: Profile,
  frames: readonly Frame[],
  facts: readonly Facts[],
): Calibration => {
  if (frames.length < 2) return noCalibration()
  const judged = frames.map((frame, i) => {
    const rest = createFacts()
    facts.forEach((each, k) => {
      if (k !== i) addFacts(rest, each)
    })
    const { dictionary, binMs, concurrent } = profile
    const own = profileOf(rest, concurrent, dictionary, binMs)
    own.components = profile.components
    const [first, last] = [frame.at[0]!, frame.at[frame.size - 1]!]
    const scene = sceneOf(own, frame, i === 0 ? first + WARM_UP * (last - first) : first, last)
    return { scene, findings: findAll(scene) }
  })
  const of = (skip: number): Calibration => {
    const calibration = noCalibration()
    const { noise, items } = calibration
    judged.forEach(({ scene, findings: { found } }, i) => {
      if (i === skip) return
      calibration.stretches++
      calibration.lines += scene.frame.size
      for (const { kind, key, strength } of found) {
        noise.set(kind, [...(noise.get(kind) ?? []), strength])
        items.set(key, Math.max(strength, items.get(key) ?? 0))
      }
    })
    for (const [kind, strengths] of noise) {
      noise.set(kind, strengths.sort((a, b) => b - a).slice(0, MOST_NOISE))
    }
    return calibration
  }
  const calibration = of(-1)
  judged.forEach(({ scene, findings }, i) => {
    const [best] = rank({ ...scene, profile: { ...scene.profile, calibration: of(i) } }, findings)
    calibration.tops.push(best?.score ?? 0)
  })
  return calibration
}
