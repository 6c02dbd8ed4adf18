import type { Accusation } from '../credit.ts'
import type { GapRates, Scene } from '../evidence.ts'
import type { Candidate } from '../rank.ts'
import type { Traits, TraitsOf } from './traits.ts'

/** Slow by itself, or on its way to others: to how many of them, and how much of all slowness. */
export const createGapTraits = (
  { profile }: Scene,
  rates: ReadonlyMap<number, GapRates>,
  accusations: readonly Accusation[],
): TraitsOf => {
  const links = accusations.filter(({ evidence }) => evidence.link !== undefined)
  const insides = accusations.filter(
    ({ evidence }) => evidence.kind === 'slow' && evidence.link === undefined,
  )
  const linkTotal = Math.max(1e-12, strengthIn(links))
  const insideTotal = Math.max(1e-12, strengthIn(insides))
  const peers = peersOf(links)
  const ratesOf = createRates(rates)
  return ({ name, kind }: Candidate) => {
    const own = links.filter(({ evidence: { link } }) => link!.from === name || link!.to === name)
    const onLinks = strengthIn(own) / linkTotal
    const inside =
      insides.reduce(
        (sum, { strength, blame }) =>
          sum + strength * (blame.find(each => each.name === name)?.share ?? 0),
        0,
      ) / insideTotal
    return {
      'gaps.links': onLinks,
      'gaps.inside': inside,
      'gaps.insideOfOwn': onLinks + inside === 0 ? 0 : inside / (onLinks + inside),
      'gaps.peers': 1 - 1 / (1 + (peers.get(name)?.size ?? 0)),
      ...ratesOf(kind === 'service' ? profile.dictionary.services.find(name) : -1),
    }
  }
}

const strengthIn = (accusations: readonly Accusation[]): number =>
  accusations.reduce((sum, { strength }) => sum + strength, 0)

/** With whom each is slow. */
const peersOf = (links: readonly Accusation[]): Map<string, Set<string>> => {
  const peers = new Map<string, Set<string>>()
  for (const { evidence } of links) {
    const { from, to } = evidence.link!
    peers.set(from, (peers.get(from) ?? new Set()).add(to))
    peers.set(to, (peers.get(to) ?? new Set()).add(from))
  }
  return peers
}

/** So many gaps, so few of them slow, show that a service itself is as always. */
const MANY = 20
const FEW = 0.02

/** How many of the gaps of each service are slow. */
const createRates = (rates: ReadonlyMap<number, GapRates>): ((service: number) => Traits) => {
  const inside = ({ insideK, insideN }: GapRates): number => insideK / (insideN + 1)
  const onLinks = ({ linkK, linkN }: GapRates): number => linkK / (linkN + 1)
  const all = [...rates.values()]
  const mostInside = Math.max(1e-12, ...all.map(inside))
  const mostOnLinks = Math.max(1e-12, ...all.map(onLinks))
  return service => {
    const own = rates.get(service)
    if (own === undefined) return {}
    const top = onLinks(own) / mostOnLinks
    const isFine = own.insideN >= MANY && own.insideK < FEW * own.insideN
    return {
      'gaps.slowInside': inside(own),
      'gaps.slowLinks': onLinks(own),
      'gaps.topInside': inside(own) / mostInside,
      'gaps.topLinks': top,
      'gaps.insideFine': isFine ? top : 0,
    }
  }
}
