import type { Below } from '../below.ts'
import type { Scene } from '../evidence.ts'
import type { Candidate } from '../rank.ts'
import { tracedServices } from '../scene-names.ts'
import type { TraitsOf } from './traits.ts'

/** Where it stands among those who call it and whom it calls, and whether it still writes. */
export const createPlaceTraits = (
  { profile, activity }: Scene,
  candidates: readonly Candidate[],
  below: Below,
): TraitsOf => {
  const { services } = profile.dictionary
  const numberOf = ({ kind, name }: Candidate): number =>
    kind === 'service' ? services.find(name) : -1
  const callers = new Set([...profile.parents.values()].flatMap(each => [...each]))
  const isTraced = tracedServices(profile)
  const total = candidates.reduce((sum, { score }) => sum + score, 0)
  const most = Math.max(...candidates.map(({ score }) => score))
  return candidate => {
    const own = numberOf(candidate)
    const above: number[] = []
    const under: number[] = []
    for (const other of candidates) {
      const there = numberOf(other)
      if (other === candidate || own < 0 || there < 0) continue
      const [isAbove, isUnder] = [below(there, own), below(own, there)]
      if (isAbove && !isUnder) above.push(other.score)
      if (isUnder && !isAbove) under.push(other.score)
    }
    return {
      'place.component': candidate.kind === 'component' ? 1 : 0,
      'place.leaf': own >= 0 && isTraced(own) && !callers.has(own) ? 1 : 0,
      // Databases, caches and brokers write what no request is named in.
      'place.apart': own >= 0 && !isTraced(own) ? 1 : 0,
      'place.above': above.reduce((sum, score) => sum + score, 0) / total,
      'place.below': under.reduce((sum, score) => sum + score, 0) / total,
      'place.belowMost': Math.max(0, ...under) / most,
      'silence.dead': own < 0 ? 0 : Math.max(0, 1 - activity.alive(own)),
      'silence.beats': own < 0 ? 0 : Math.max(0, 1 - activity.beating(own)),
    }
  }
}
