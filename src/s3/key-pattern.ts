/** What is meant by an address with `*` and `?` in it. */
export interface KeyPattern {
  /** What every key begins with. */
  prefix: string
  matches(key: string): boolean
}

/**
 * Reads a pattern of keys: `*` is anything but `/`, `**` anything, `?` one character but `/`; what
 * ends in `/` is everything below it. `\` takes its meaning from the next character.
 */
export const keyPattern = (text: string): KeyPattern => {
  const pattern = text === '' || text.endsWith('/') ? `${text}**` : text
  const parts = [...pattern.matchAll(/\*\*|\\.|[\s\S]/g)].map(([part]) => part)
  const first = parts.findIndex(part => WILD.includes(part))
  const plain = first < 0 ? parts : parts.slice(0, first)
  return { prefix: plain.map(literal).join(''), matches: key => isMatch(parts, key) }
}

const MANY = ['*', '**']
const WILD = [...MANY, '?']

const literal = (part: string): string => (part.length === 2 ? part.slice(1) : part)

const takes = (part: string, letter: string): boolean =>
  part === '**' || (part === '*' || part === '?' ? letter !== '/' : literal(part) === letter)

/** All places in the pattern at once, so that no pattern makes it slow. */
const isMatch = (parts: readonly string[], key: string): boolean => {
  const withSkips = (places: Iterable<number>): Set<number> => {
    const all = new Set(places)
    // What is added meanwhile is looked at, too.
    for (const at of all) if (MANY.includes(parts[at]!)) all.add(at + 1)
    return all
  }
  let places = withSkips([0])
  for (const letter of key.split('')) {
    const next: number[] = []
    for (const at of places) {
      const part = parts[at]
      if (part !== undefined && takes(part, letter)) next.push(MANY.includes(part) ? at : at + 1)
    }
    if (next.length === 0) return false
    places = withSkips(next)
  }
  return places.has(parts.length)
}
