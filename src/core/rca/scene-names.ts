import type { Blame } from './evidence.ts'
import { type Frame, serviceName, templateOf } from './frame.ts'
import { createNameFinder } from './naming.ts'
import { calls, type Profile } from './profile.ts'

/** Whom the lines of a frame speak of beside the one who wrote them. */
export type Speakers = (position: number) => Blame[]

/** Names in a line of somebody whom its writer is not known to call count half. */
const UNKNOWN_CALL = 0.5

/**
 * Reads names from lines, each once. Somebody who calls the writer, and is not called by it, is the
 * one who asked, not the one who answered badly: it is left out.
 */
export const speakersOf = (profile: Profile, frame: Frame): Speakers => {
  const { dictionary } = profile
  const finder = createNameFinder(dictionary.services.list)
  const known = new Map<number, Blame[]>()
  const read = (position: number): Blame[] => {
    const writer = frame.service[position]!
    const own = serviceName(dictionary, writer)
    const text = frame.events?.[position]?.text ?? templateOf(dictionary, frame.type[position]!)
    const services = finder.known(text, own).flatMap((name): Blame[] => {
      const service = dictionary.services.find(name)
      const called = calls(profile, writer, service)
      if (!called && calls(profile, service, writer)) return []
      return [{ name, kind: 'service', share: called ? 1 : UNKNOWN_CALL }]
    })
    const others = finder.others(text).map((name): Blame => ({ name, kind: 'component', share: 1 }))
    return [...services, ...others]
  }
  return position => {
    let names = known.get(position)
    if (names === undefined) {
      names = read(position)
      known.set(position, names)
    }
    return names
  }
}

/** What the named ones bear of a finding on lines that name them; the rest stays with the writer. */
const NAMED = 0.7
const SAMPLE = 30

/** Shares the blame for lines of `own` with those whom most of them name. */
export const shareWithNamed = (
  speakers: Speakers,
  positions: readonly number[],
  own: string,
): Blame[] => {
  const sample = positions.slice(0, SAMPLE)
  const sums = new Map<string, Blame>()
  for (const position of sample) {
    for (const { name, kind, share } of speakers(position)) {
      const sum = sums.get(`${kind} ${name}`) ?? { name, kind, share: 0 }
      sum.share += share / sample.length
      sums.set(`${kind} ${name}`, sum)
    }
  }
  const named = [...sums.values()].filter(({ share }) => share >= 0.25)
  if (named.length === 0) return [{ name: own, kind: 'service', share: 1 }]
  const total = named.reduce((sum, { share }) => sum + share, 0)
  const scale = (NAMED * Math.min(1, total)) / total
  return [
    ...named.map(each => ({ ...each, share: each.share * scale })),
    { name: own, kind: 'service' as const, share: 1 - NAMED * Math.min(1, total) },
  ]
}
