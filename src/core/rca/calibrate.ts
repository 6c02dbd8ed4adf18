import { addFacts, createFacts, type Facts } from './facts.ts'
import { findAll, sceneOf } from './findings.ts'
import type { Frame } from './frame.ts'
import { type Calibration, noCalibration, type Profile, profileOf } from './profile.ts'
import { rank } from './rank.ts'

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
    const scene = sceneOf(own, frame, frame.at[0]!, frame.at[frame.size - 1]!)
    return { scene, found: findAll(scene) }
  })
  const of = (skip: number): Calibration => {
    const calibration = noCalibration()
    judged.forEach(({ found }, i) => {
      if (i === skip) return
      calibration.stretches++
      for (const { kind, key, strength } of found) {
        raise(calibration.kinds, kind, strength)
        raise(calibration.items, key, strength)
      }
    })
    return calibration
  }
  const calibration = of(-1)
  judged.forEach(({ scene, found }, i) => {
    const [best] = rank({ ...scene, profile: { ...scene.profile, calibration: of(i) } }, found)
    calibration.tops.push(best?.score ?? 0)
  })
  return calibration
}

const raise = (map: Map<string, number>, key: string, value: number): void => {
  map.set(key, Math.max(value, map.get(key) ?? 0))
}
