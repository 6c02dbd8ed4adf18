/** More sources of one pattern of names than this are a fleet of machines, not replicas of a service. */
const MOST_REPLICAS = 10

/**
 * The pattern that the names of replicas of one service share: parts with digits are numbers of
 * theirs (`orders-2`, `web01`, `payment-7d9f8b6c5d-xk2lp`). Undefined for a name that has no such
 * part, or nothing beside.
 */
export const familyOf = (source: string): string | undefined => {
  const pattern = source.replace(/[A-Za-z0-9]*\d[A-Za-z0-9]*/g, part => {
    const [letters] = /^[A-Za-z]{2,}(?=\d+$)/.exec(part) ?? ['']
    return `${letters}#`
  })
  return pattern !== source && /[A-Za-z]{2}/.test(pattern) ? pattern : undefined
}

/** Names whose pattern is remembered; it takes time to find. */
const MOST_NAMES = 20_000

/** The families of sources, and how many there are of each: of those that incidents came through. */
export interface Families {
  add(source: string): void
  remove(source: string): void
  /** All families of some sources, each once. */
  of(sources: readonly string[]): string[]
  /** Without those that are too large to be one service. */
  servicesOf(sources: readonly string[]): string[]
}

export const createFamilies = (): Families => {
  const sizes = new Map<string, number>()
  const patterns = new Map<string, string | undefined>()
  const patternOf = (source: string): string | undefined => {
    if (patterns.has(source)) return patterns.get(source)
    if (patterns.size >= MOST_NAMES) patterns.clear()
    const family = familyOf(source)
    patterns.set(source, family)
    return family
  }
  const count = (source: string, by: number): void => {
    const family = patternOf(source)
    if (family === undefined) return
    const size = (sizes.get(family) ?? 0) + by
    if (size > 0) sizes.set(family, size)
    else sizes.delete(family)
  }
  const of = (sources: readonly string[]): string[] => {
    const found = new Set<string>()
    for (const source of sources) {
      const family = patternOf(source)
      if (family !== undefined) found.add(family)
    }
    return [...found]
  }
  return {
    add: source => count(source, 1),
    remove: source => count(source, -1),
    of,
    servicesOf: sources => of(sources).filter(family => (sizes.get(family) ?? 0) <= MOST_REPLICAS),
  }
}
