import type { FeatureIndex } from './feature-index.ts'

/** Something that an incident has, with how often and when. */
export interface Part {
  anomalies: number
  /** Epoch ms. */
  firstSeen: number
  lastSeen: number
}

/** Parts of one kind of one incident: a list in the record, and the ways to find them. */
export interface Parts<O, P extends Part> {
  owner: O
  /** Highest rank first. */
  list: P[]
  byName: Map<string, P>
  index: FeatureIndex<O>
  rules: PartRules<P>
}

export interface PartRules<P extends Part> {
  most: number
  rank(part: P): number
  nameOf(part: P): string
}

/** Finds parts of a list again, in the index as well. */
export const openParts = <O, P extends Part>(
  owner: O,
  list: P[],
  index: FeatureIndex<O>,
  rules: PartRules<P>,
): Parts<O, P> => {
  const byName = new Map(list.map(part => [rules.nameOf(part), part]))
  for (const [name, part] of byName) index.touch(name, owner, part)
  return { owner, list, byName, index, rules }
}

/**
 * Counts a part once more, in place. When there is no room, the one of lowest rank that was not seen
 * for longest goes.
 * @param count what else there is to count, before it takes its place
 */
export const countPart = <O, P extends Part>(
  parts: Parts<O, P>,
  name: string,
  { from, to }: { from: number; to: number },
  make: (part: Part) => P,
  count: (part: P) => void = () => undefined,
): void => {
  const { list, byName, index, rules } = parts
  let part = byName.get(name)
  if (part === undefined) {
    if (list.length >= rules.most) dropLeast(parts)
    part = make({ anomalies: 0, firstSeen: from, lastSeen: to })
    byName.set(name, part)
    list.push(part)
  }
  part.anomalies += 1
  part.firstSeen = Math.min(part.firstSeen, from)
  part.lastSeen = Math.max(part.lastSeen, to)
  count(part)
  index.touch(name, parts.owner, part)
  const rank = rules.rank(part)
  let at = list.lastIndexOf(part)
  for (; at > 0 && rules.rank(list[at - 1]!) < rank; at--) list[at] = list[at - 1]!
  list[at] = part
}

const dropLeast = <O, P extends Part>({ owner, list, byName, index, rules }: Parts<O, P>): void => {
  const before = (a: P, b: P): boolean =>
    rules.rank(a) - rules.rank(b) < 0 ||
    (rules.rank(a) === rules.rank(b) && a.lastSeen < b.lastSeen)
  const least = list.reduce((low, part) => (before(part, low) ? part : low))
  const name = rules.nameOf(least)
  list.splice(list.indexOf(least), 1)
  byName.delete(name)
  index.drop(name, owner)
}

/** Takes all parts out of the index. */
export const closeParts = <O, P extends Part>({ owner, byName, index }: Parts<O, P>): void => {
  for (const name of byName.keys()) index.drop(name, owner)
}
