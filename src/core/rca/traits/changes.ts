import type { Scene } from '../evidence.ts'
import { serviceName, WARN } from '../frame.ts'
import type { Candidate } from '../rank.ts'
import type { TraitsOf } from './traits.ts'

/** What is written so shortly before trouble, or just after, may have brought it, ms. */
const BEFORE_MS = 20_000
const AFTER_MS = 3_000
/** Chances of less than one in so many tell no more, as a logarithm. */
const MOST = Math.log(1000)

/**
 * Whether it said something rare, that is no trouble itself, when trouble began: a start, a reload, a
 * new version, a switch of leaders.
 */
export const createChangeTraits = (scene: Scene, candidates: readonly Candidate[]): TraitsOf => {
  const { frame, profile } = scene
  const { dictionary, types, bins, binMs } = profile
  const onset = onsetOf(candidates)
  const trained = Math.max(1, bins * binMs)
  const rarest = new Map<string, number>()
  for (let i = 0; i < frame.size; i++) {
    const at = frame.at[i]!
    if (at < onset - BEFORE_MS || frame.trace[i]! >= 0 || frame.level[i]! >= WARN) continue
    if (at > onset + AFTER_MS) break
    const type = frame.type[i]!
    const rate = ((types.get(type) ?? 0) + 0.5) / trained
    const expected = rate * (BEFORE_MS + AFTER_MS)
    const says = Math.min(MOST, Math.max(0, -Math.log(expected))) / MOST
    const name = serviceName(dictionary, dictionary.typeService[type]!)
    rarest.set(name, Math.max(says, rarest.get(name) ?? 0))
  }
  const all = [...rarest.values()].reduce((sum, says) => sum + says, 0)
  return ({ name }) => {
    const says = rarest.get(name) ?? 0
    return { 'change.rare': says, 'change.only': all === 0 ? 0 : (says * says) / all }
  }
}

/** When the first of what weighs something was seen, by whomever. */
const onsetOf = (candidates: readonly Candidate[]): number => {
  const all = candidates.flatMap(({ findings }) => findings)
  const least = 0.2 * Math.max(...all.map(({ adds }) => adds))
  return Math.min(...all.flatMap(({ evidence, adds }) => (adds >= least ? [evidence.at] : [])))
}
