import type { Blame } from './evidence.ts'
import { secondOf } from './follow-table.ts'
import { type Frame, serviceName, templateOf, WARN } from './frame.ts'
import { createNameFinder, createSpoken, type NameFinder, sharedWords } from './naming.ts'
import { calls, type Profile } from './profile.ts'
import { type Quotes, quotesOf } from './quotes.ts'

/** Whom the lines of a frame speak of beside the one who wrote them. */
export interface Speakers {
  (position: number): Blame[]
  /** The same of a template with the values that it usually holds. */
  ofType(type: number): Blame[]
}

/** Names of somebody in a line of one who is known to call others, but not that one, count half. */
const UNKNOWN_CALL = 0.5

/**
 * Reads names from lines, each once. Somebody who calls the writer, and is not called by it, is the
 * one who asked, not the one who answered badly: it is left out.
 */
export const speakersOf = (profile: Profile, frame: Frame): Speakers => {
  const { dictionary } = profile
  const isTraced = tracedServices(profile)
  let finder: NameFinder | undefined
  let quotes: Quotes | undefined
  const known = new Map<number, Blame[]>()
  const read = (writer: number, text: string): Blame[] => {
    finder ??= createNameFinder(dictionary.services.list, componentsOf(profile, frame))
    return finder.find(text, serviceName(dictionary, writer)).flatMap(({ name, kind }): Blame[] => {
      if (kind === 'component') return [{ name, kind, share: 1 }]
      const service = dictionary.services.find(name)
      const called = calls(profile, writer, service) || !isTraced(service)
      if (!called && calls(profile, service, writer)) return []
      return [{ name, kind, share: called ? 1 : UNKNOWN_CALL }]
    })
  }
  /** Who is not named, but whose words are passed on: as the first lines of the kind tell. */
  const ofKind = new Map<number, { lines: number; names: Map<number, Blame> }>()
  const quoted = (position: number, text: string): Blame[] => {
    const writer = frame.service[position]!
    const type = frame.type[position]!
    const seen = ofKind.get(type) ?? { lines: 0, names: new Map() }
    ofKind.set(type, seen)
    if (seen.lines++ < SAMPLES) {
      quotes ??= quotesOf(frame)
      for (const service of quotes(writer, text)) {
        if (calls(profile, service, writer)) continue
        const name = serviceName(dictionary, service)
        seen.names.set(service, { name, kind: 'service', share: 1 })
      }
    }
    return [...seen.names.values()]
  }
  const speakers = (position: number): Blame[] => {
    let names = known.get(position)
    if (names === undefined) {
      const writer = frame.service[position]!
      const text = textOf(frame, position)
      names = read(writer, text)
      if (names.length === 0 && frame.level[position]! >= WARN) names = quoted(position, text)
      known.set(position, names)
    }
    return names
  }
  return Object.assign(speakers, {
    ofType: (type: number) => read(dictionary.typeService[type]!, usualText(profile, type)),
  })
}

/** A value that stands in so much of the lines of a slot is part of the text. */
const USUAL = 0.8

/** A template with the values that hardly ever change. */
const usualText = ({ dictionary, values }: Profile, type: number): string => {
  const slots = values.get(type)
  let n = 0
  return templateOf(dictionary, type).replaceAll('<*>', hole => {
    const slot = slots?.get(`${n++}`)
    const [best] = [...(slot?.distinct ?? [])].sort(([, a], [, b]) => b - a)
    return best !== undefined && best[1] >= USUAL * slot!.n ? best[0] : hole
  })
}

/** Services that write lines of traces; others are known by what their callers say. */
export const tracedServices = ({ flows, dictionary }: Profile): ((service: number) => boolean) => {
  const traced = new Set<number>()
  for (const key of flows.keys()) traced.add(dictionary.typeService[secondOf(key)]!)
  return service => traced.has(service)
}

const textOf = (frame: Frame, position: number): string =>
  frame.events?.[position]?.text ?? templateOf(frame.dictionary, frame.type[position]!)

/** Lines of a type that are read for names. */
const SAMPLES = 5

/** Components that normal lines speak of, and those that only the lines of trouble do. */
const componentsOf = (profile: Profile, frame: Frame): Set<string> => {
  const { services } = profile.dictionary
  const components = new Set(profile.components.keys())
  const seen = new Map<number, number>()
  const spoken = createSpoken()
  const trouble: { service: number; text: string }[] = []
  for (let i = 0; i < frame.size; i++) {
    const type = frame.type[i]!
    if (profile.types.has(type)) continue
    const count = seen.get(type) ?? 0
    if (count >= SAMPLES) continue
    seen.set(type, count + 1)
    const text = textOf(frame, i)
    spoken.read(text, frame.service[i]!)
    if (frame.level[i]! >= WARN) trouble.push({ service: frame.service[i]!, text })
  }
  for (const name of spoken.names().keys()) components.add(name)
  for (const word of sharedWords(trouble, word => profile.words.has(word))) components.add(word)
  for (const name of services.list) components.delete(name.toLowerCase())
  return components
}

/** What the named ones bear of a finding on lines that name them; the rest stays with the writer. */
const NAMED = 0.7
const SAMPLE = 30
/** Named in fewer of the lines it is one of many. */
const OFTEN = 0.25

/** Shares the blame for lines of `own` with those whom most of them name. */
export const shareWithNamed = (
  speakers: Speakers,
  positions: readonly number[],
  own: string,
): Blame[] => shareAmong(namesIn(speakers, positions.slice(0, SAMPLE)), own)

/** The same where it was told already who is named, and in which share of the cases. */
export const shareAmong = (all: readonly Blame[], own: string): Blame[] => {
  const named = all.filter(({ share }) => share >= OFTEN)
  if (named.length === 0) return [{ name: own, kind: 'service', share: 1 }]
  const total = named.reduce((sum, { share }) => sum + share, 0)
  const scale = (NAMED * Math.min(1, total)) / total
  return [
    ...named.map(each => ({ ...each, share: each.share * scale })),
    { name: own, kind: 'service' as const, share: 1 - NAMED * Math.min(1, total) },
  ]
}

/** Whom these lines speak of, by the share of the lines that do. */
export const namesIn = (speakers: Speakers, positions: readonly number[]): Blame[] => {
  const sums = new Map<string, Blame>()
  for (const position of positions) {
    for (const { name, kind, share } of speakers(position)) {
      const sum = sums.get(`${kind} ${name}`) ?? { name, kind, share: 0 }
      sum.share += share / positions.length
      sums.set(`${kind} ${name}`, sum)
    }
  }
  return [...sums.values()]
}
