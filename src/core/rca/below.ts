import { calls, type Profile } from './profile.ts'

/** Whether one service calls another, by whatever way. */
export type Below = (from: number, to: number) => boolean

export const belowOf = (profile: Profile): Below => {
  const known = new Map<number, Set<number>>()
  const count = profile.dictionary.services.list.length
  const reachOf = (from: number): Set<number> => {
    const seen = new Set<number>()
    const open = [from]
    while (open.length > 0) {
      const at = open.pop()!
      for (let next = 0; next < count; next++) {
        if (seen.has(next) || !calls(profile, at, next)) continue
        seen.add(next)
        open.push(next)
      }
    }
    return seen
  }
  return (from, to) => {
    let reach = known.get(from)
    if (reach === undefined) {
      reach = reachOf(from)
      known.set(from, reach)
    }
    return reach.has(to)
  }
}
