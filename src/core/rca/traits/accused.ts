import type { Candidate } from '../rank.ts'
import type { Uses } from '../uses.ts'
import type { TraitsOf } from './traits.ts'

/** Who speaks against it, of those who use it, and against whom it speaks itself. */
export const createAccusedTraits = (
  said: ReadonlyMap<string, ReadonlyMap<string, number>>,
  uses: Uses,
  ends: readonly number[],
  candidates: readonly Candidate[],
): TraitsOf => {
  const endOf = new Map(candidates.map((candidate, i) => [candidate, ends[i]!]))
  const total = Math.max(1e-12, sumOf(ends))
  const most = Math.max(1e-12, ...ends)
  return candidate => {
    const { name } = candidate
    const users = uses.users(name)
    const targets = uses.targets(name)
    const against = [...said].flatMap(([writer, row]) => {
      const strength = writer === name ? 0 : (row.get(name) ?? 0)
      return strength > 0 ? [strength] : []
    })
    const accusers = against.length
    const own = said.get(name)
    const pointed = [...(own ?? [])].filter(([other]) => other !== name)
    const pointing = sumOf(pointed.map(([, strength]) => strength))
    const self = own?.get(name) ?? 0
    const pointsAll = targets.size === 0 ? 0 : Math.min(1, pointed.length / targets.size)
    const end = endOf.get(candidate)!
    return {
      'accused.end': end / total,
      'accused.topEnd': end / most,
      'accused.users': users.size === 0 ? 0 : Math.min(1, accusers / users.size),
      'accused.many': 1 - 1 / (1 + accusers),
      'accused.fine': users.size < 2 ? 0 : Math.max(0, users.size - accusers) / users.size,
      'accused.loneUser': users.size === 1 ? 1 : 0,
      'accused.noUser': users.size === 0 ? 1 : 0,
      'accused.loudest': accusers === 0 ? 0 : Math.max(...against) / sumOf(against),
      'accused.byOthers': sumOf(against) / Math.max(1e-12, sumOf(against) + self),
      'accuses.share': pointing / Math.max(1e-12, pointing + self),
      'accuses.targets': pointsAll,
      'accuses.many': targets.size < 2 ? 0 : pointsAll,
      'accuses.nothing': own === undefined ? 1 : 0,
    }
  }
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
