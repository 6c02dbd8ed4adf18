/** Keys whose words are remembered; further ones are not. */
const KEYS_MAX = 10_000
/** A value that is no word was seen behind this key. */
const VALUE = '\u0000'

/** What a masked line shows of its `key=word` pairs. */
export interface PairLine {
  readonly gaps: readonly string[]
  readonly words: readonly (string | null)[]
}

/** `NAMES_LIKE_THIS` are kinds of things: lines that differ in them tell different things. */
const isKind = (word: string): boolean => /^[A-Z]+(?:_[A-Z]+)+$/.test(word)

/** Keys that name the kind of a record in lines made of nothing but pairs. */
const kindKeys: ReadonlySet<string> = new Set(
  'type kind status state code event action op operation reason result method phase msg'.split(' '),
)

/** The key that the word in `slot` is assigned to (`key=word`, `key="word"`), or undefined. */
export const keyOf = ({ gaps, words }: PairLine, slot: number): string | undefined => {
  const key = slot > 0 ? words[slot - 1] : null
  if (key === null || !/^ ?=["']?$/.test(gaps[slot]!)) return undefined
  // `token=Token{…}` names a type, and what it holds comes after.
  return /^["']?[{([]/.test(gaps[slot + 1]!) ? undefined : key
}

const isAllPairs = ({ gaps, words }: PairLine): boolean =>
  words.every(
    (_, i) => gaps[i]!.includes('=') || (i + 1 < words.length && gaps[i + 1]!.includes('=')),
  )

/**
 * Keys that carry different words from line to line. What stands behind such a key is a value, in
 * whatever template: one `user=` that varies says so for all others.
 */
export interface KeyWords {
  /** Counts the pairs of a line in; returns the keys that have proved to vary by it. */
  note(line: PairLine): string[]
  /** The line's words with null for each that stands behind a key that varies. */
  mask(line: PairLine): (string | null)[]
  /** The keys that vary. */
  varying(): string[]
}

export const createKeyWords = (known: readonly string[] = []): KeyWords => {
  const varying = new Set(known)
  const first = new Map<string, string>()

  const keyIn = (line: PairLine, slot: number, allPairs: boolean): string | undefined => {
    const key = keyOf(line, slot)
    return key === undefined || (allPairs && kindKeys.has(key.toLowerCase())) ? undefined : key
  }

  return {
    note(line) {
      const found: string[] = []
      const allPairs = isAllPairs(line)
      for (let i = 1; i < line.words.length; i++) {
        const key = keyIn(line, i, allPairs)
        const word = line.words[i] ?? VALUE
        if (key === undefined || varying.has(key) || isKind(word)) continue
        const before = first.get(key)
        if (before === undefined) {
          if (first.size < KEYS_MAX) first.set(key, word)
        } else if (before !== word) {
          first.delete(key)
          varying.add(key)
          found.push(key)
        }
      }
      return found
    },
    mask(line) {
      if (varying.size === 0) return [...line.words]
      const allPairs = isAllPairs(line)
      return line.words.map((word, i) => {
        if (word === null || i === 0 || isKind(word)) return word
        const key = keyIn(line, i, allPairs)
        return key !== undefined && varying.has(key) ? null : word
      })
    },
    varying: () => [...varying],
  }
}
