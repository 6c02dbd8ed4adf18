import type { Accusation } from './credit.ts'
import { linkKey, RETURN } from './gap-table.ts'
import type { Profile } from './profile.ts'
import type { Sure } from './sure.ts'

/** A wait of the one kind only is in the caller, before or after the call; a slow way is slow both ways. */
const ONE_WAY = 1.5
/** Where nobody waits for an answer, the time goes by until the asked one takes it up. */
const NO_ANSWER = 0.5
/** Where nothing tells the ends apart it is the one that was asked. */
const ASKED = 1.1

/** Which end of a slow link is to blame: the one that is slow with others, and by itself, too. */
export const blameLinks = (profile: Profile, sure: readonly Sure[]): Accusation[] => {
  const own = new Map<string, number>()
  const ways = new Map<string, number>()
  const add = (map: Map<string, number>, key: string, strength: number) =>
    map.set(key, (map.get(key) ?? 0) + strength)
  for (const { evidence, strength } of sure) {
    if (evidence.kind !== 'slow') continue
    for (const { name, share } of evidence.blame) add(own, name, strength * share * 2)
    const { link } = evidence
    if (link === undefined) continue
    add(own, link.from, strength)
    add(own, link.to, strength)
    add(ways, `${link.from}>${link.to}`, strength)
  }
  return sure.map(each => {
    const { link, blame } = each.evidence
    if (link === undefined) return { ...each, blame }
    const { from, to, isCall, elsewhere } = link
    const [callee, caller] = isCall ? [to, from] : [from, to]
    const back = ways.get(`${to}>${from}`) ?? 0
    const find = (name: string): number => profile.dictionary.services.find(name)
    const answers = profile.gaps.links.has(linkKey(find(callee), find(caller), RETURN))
    const oneWay = !answers ? NO_ANSWER : back < each.strength / 4 ? ONE_WAY : 1
    const rates = isCall ? [elsewhere.to, elsewhere.from] : [elsewhere.from, elsewhere.to]
    const a = ASKED * (own.get(callee) ?? 0) * rates[0]!
    const b = oneWay * (own.get(caller) ?? 0) * rates[1]!
    return {
      ...each,
      blame: [
        { name: callee, kind: 'service' as const, share: a / (a + b) },
        { name: caller, kind: 'service' as const, share: b / (a + b) },
      ],
    }
  })
}
