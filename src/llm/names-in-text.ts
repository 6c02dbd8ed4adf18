/** Parts of systems that one speaks of as `the … service`. */
const THINGS =
  'service|component|pod|container|server|host|node|database|cache|queue|broker|instance|replica|cluster'
const CALLED = new RegExp(`([\\p{L}\\d][\\p{L}\\d_.-]*)\\s+(?:${THINGS})s?\\b`, 'giu')
/** Words in front of them that name none. */
const UNNAMED = new Set(
  (
    'a an the this that these those its their his her our your my one two three some any each every all both no ' +
    'other another same such which what whose many several most more few first second third last next new old ' +
    'affected failing failed faulty broken slow slower unhealthy healthy suspected suspect suspicious likely ' +
    'upstream downstream dependent remaining single whole entire central main primary secondary internal external ' +
    'remote local backend frontend calling called target underlying overloaded unavailable missing down and or of ' +
    'in on to by for from with at as is are was were be not only between within across through against if when'
  ).split(' '),
)
const QUOTED = /"([^"]{2,})"|“([^”]{2,})”|`([^`]{2,})`|(?<![\p{L}\d])'([^']{2,})'(?![\p{L}\d])/gu
const ADDRESS = /\b[a-z][a-z\d+.-]*:\/\/\S+/gi
/** `search-broker`, not `cross-service`. */
const THING = new RegExp(`^(?:${THINGS})s?$`, 'i')
const PREFIXES = new Set('cross multi inter intra per sub micro single non in out same'.split(' '))
/** A placeholder; who gave it is looked at elsewhere. */
const HIDDEN = /^<?[A-Z]+_\d+>?$/
/** `and/or`, `I/O` */
const SLASHED = /^(?:\p{Ll}+\/\p{Ll}+|\p{Lu}\/\p{Lu})$/u
const NUMBER = /^[+-]?\d[\d.,:/-]*(?:[a-z]{1,3}|%)?$/i

/**
 * What a sentence of plain English names: quotations, addresses, words that are formed like identifiers
 * (`a_b`, `aB`, `a.b`, `a1`), words with a capital inside the sentence, hyphenated words that share a
 * part with a known name or end as `-service`, and what is called a service or the like.
 * @param isPart whether a word is a part of a known name
 */
export const namesIn = (text: string, isPart: (word: string) => boolean): string[] => {
  const names: string[] = []
  const rest = text
    .replace(QUOTED, (whole, ...groups: (string | undefined)[]) => {
      const inner = groups.slice(0, 4).find(each => each !== undefined) ?? whole
      names.push(...inner.split(/…|\.{3}/))
      return ' " '
    })
    .replace(ADDRESS, address => {
      names.push(address)
      return ' '
    })
  for (const [, word] of rest.matchAll(CALLED)) {
    if (!UNNAMED.has(word!.toLowerCase()) && !NUMBER.test(word!)) names.push(word!)
  }
  let isFirst = true
  for (const piece of rest.split(/\s+/)) {
    const word = piece.replace(/^[^\p{L}\d</~]+|[^\p{L}\d>]+$/gu, '').replace(/['’]s?$/u, '')
    if (word !== '' && isFormed(word, isFirst, isPart)) names.push(word)
    // After a stop, a colon or an opening quote a capital says nothing.
    isFirst = /[.!?:"]$/.test(piece) || (isFirst && word === '')
  }
  return names.map(name => name.trim()).filter(name => name !== '')
}

const isFormed = (word: string, isFirst: boolean, isPart: (word: string) => boolean): boolean => {
  if (NUMBER.test(word) || HIDDEN.test(word) || SLASHED.test(word)) return false
  if (/^[/~]|[\p{L}\d][_@\\/:.][\p{L}\d]/u.test(word)) return !/^(?:e\.g|i\.e)$/.test(word)
  if (/\p{L}-?\d|\d\p{L}{2}/u.test(word)) return !/^\d+(?:st|nd|rd|th)$/.test(word)
  if (/\p{Ll}\p{Lu}|\p{Lu}{2}\p{Ll}{2}/u.test(word)) return true
  if (word.includes('-')) return isCompound(word.split('-'), isPart)
  return !isFirst && /^\p{Lu}\p{Ll}/u.test(word)
}

const isCompound = (parts: readonly string[], isPart: (word: string) => boolean): boolean =>
  !PREFIXES.has(parts[0]!.toLowerCase()) && (parts.some(isPart) || THING.test(parts.at(-1)!))
