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

/** Which sources there are of each family: those that incidents came through. */
export interface Families {
  add(source: string): void
  remove(source: string): void
  /** The family of a source, as long as it is small enough to be one service. */
  of(source: string): string | undefined
}

export const createFamilies = (): Families => {
  const sizes = new Map<string, number>()
  const count = (source: string, by: number): void => {
    const family = familyOf(source)
    if (family === undefined) return
    const size = (sizes.get(family) ?? 0) + by
    if (size > 0) sizes.set(family, size)
    else sizes.delete(family)
  }
  return {
    add: source => count(source, 1),
    remove: source => count(source, -1),
    of: source => {
      const family = familyOf(source)
      if (family === undefined) return undefined
      return (sizes.get(family) ?? 0) <= MOST_REPLICAS ? family : undefined
    },
  }
}
