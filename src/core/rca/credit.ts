import type { Blame, Evidence, Scene } from './evidence.ts'
import { usesOf } from './uses.ts'

/** A finding with what it is worth and whom it blames. */
export interface Accusation {
  evidence: Evidence
  strength: number
  blame: Blame[]
}

/** Where nothing is known of others: of the accused, of its other users; of the accuser, of its other targets. */
const ALONE = 0.75
const UNKNOWN = 0.5
/** How much an accuser that complains of all alike counts beside an accused that all complain of. */
const AGAINST = 0.5
/** What is left when only one of several instances of the accuser complains. */
const ONE_INSTANCE = 0.4

/** How loudly each writer speaks against whom, itself among them. */
export const accusedBy = (all: readonly Accusation[]): Map<string, Map<string, number>> => {
  const sums = new Map<string, Map<string, number>>()
  for (const { evidence, strength, blame } of all) {
    const { writer } = evidence
    if (writer === undefined) continue
    const row = sums.get(writer) ?? new Map<string, number>()
    for (const { name, share } of blame) row.set(name, (row.get(name) ?? 0) + strength * share)
    sums.set(writer, row)
  }
  return sums
}

/**
 * Weighs accusations: somebody of whom all its users complain is credibly accused; who complains of
 * everybody, or alone of one with whom others get on well, is suspect himself.
 */
export const weigh = (scene: Scene, all: readonly Accusation[]): Accusation[] => {
  const { profile, frame, speakers } = scene
  const { users, targets } = usesOf(profile, frame, speakers)
  const sums = accusedBy(all)
  /** Share of the users of one that complain, each by how loud it is beside the loudest. */
  const accused = (name: string): number => {
    const all = users(name)
    if (all.size < 2) return ALONE
    const loud = [...all].map(user => sums.get(user)?.get(name) ?? 0)
    const most = Math.max(...loud)
    return most === 0 ? ALONE : loud.reduce((sum, each) => sum + each / most, 0) / all.size
  }
  const accuser = (writer: string): number => {
    const all = targets(writer)
    if (all.size < 2) return UNKNOWN
    const loud = [...all].map(target => sums.get(writer)?.get(target) ?? 0)
    const most = Math.max(...loud)
    return most === 0 ? UNKNOWN : loud.reduce((sum, each) => sum + each / most, 0) / all.size
  }
  return all.map(accusation => {
    const { evidence, blame } = accusation
    const { writer } = evidence
    if (writer === undefined || evidence.link !== undefined) return accusation
    const few = isOneInstance(evidence) ? ONE_INSTANCE : 1
    let moved = 0
    const weighed = blame.map(each => {
      if (each.name === writer) return each
      const a = accused(each.name)
      const t = AGAINST * accuser(writer)
      const share = (few * each.share * a) / (a + t)
      moved += each.share - share
      return { ...each, share }
    })
    const own = weighed.find(({ name }) => name === writer)
    if (own !== undefined) own.share += moved
    else if (moved > 0) weighed.push({ name: writer, kind: 'service', share: moved })
    return { ...accusation, blame: weighed }
  })
}

/** Whether one of several instances shows nearly all of it. */
const isOneInstance = ({ instances }: Evidence): boolean => {
  if (instances === undefined || instances.size < 2) return false
  const counts = [...instances.values()].map(({ k }) => k).sort((a, b) => b - a)
  const total = counts.reduce((sum, k) => sum + k, 0)
  return total >= 5 && counts[0]! > 0.9 * total
}
