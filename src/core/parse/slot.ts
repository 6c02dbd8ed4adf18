import { classOf, DIGIT } from './char-class.ts'
import { isUnit } from './units.ts'

const stem = (word: string): string => word.replace(/\d+/g, '0')

const allSame = (values: readonly string[], of: (value: string) => string): boolean =>
  values.every(value => of(value) === of(values[0]))

const hasDigit = (word: string): boolean => {
  for (let at = 0; at < word.length; at++) if (classOf(word.charCodeAt(at)) & DIGIT) return true
  return false
}

const isName = (word: string): boolean => hasDigit(word) || /[._@$\\/-]|[a-z][A-Z]/.test(word)

/** A name of three parts or more: packages, classes, hosts. */
const isDotted = (word: string): boolean => /^[\w$-]+(?:\.[\w$-]+){2,}$/.test(word)

/** `NAMES_LIKE_THIS` are states and kinds: a template each, however many there are. */
const isState = (word: string): boolean => /^[A-Z]+(?:_[A-Z]+)*$/.test(word)

const opposites: ReadonlySet<string> = new Set('yes no on off y n'.split(' '))

/** Nouns that a name follows. */
const naming: ReadonlySet<string> = new Set('user username account'.split(' '))

/** Where in a line a slot lies in which other lines differ. */
export interface SlotPlace {
  slot: number
  /** The gap before the slot, and the one after. */
  before: string
  after: string
  /** The element before: its word, null for a value, undefined at the start. */
  previous: string | null | undefined
  /** Number of constant words in all other slots. */
  alike: number
}

const isQuoted = ({ before, after }: SlotPlace): boolean =>
  /["'`]$/.test(before) && after[0] === before.at(-1)

/** Whether two elements in one slot are values of one variable by themselves. */
export const isSoft = (place: SlotPlace, a: string | null, b: string | null): boolean => {
  if (a === null || b === null) {
    const word = a ?? b
    return word === null || isName(word)
  }
  if (place.alike === 0 || a === '' || b === '') return false
  if (hasDigit(a) && hasDigit(b) && stem(a) === stem(b)) return true
  if (isQuoted(place)) return !isState(a) || !isState(b)
  if (place.slot > 0 && isDotted(a) && isDotted(b)) return true
  if (place.previous === null && isUnit(a) && isUnit(b)) return true
  return opposites.has(a.toLowerCase()) && opposites.has(b.toLowerCase())
}

/** How many distinct words, all else equal, make a slot a variable. */
export const wordsNeeded = (place: SlotPlace, words: readonly string[]): number => {
  const { before, previous, slot, alike } = place
  if (/=["']?$/.test(before)) return words.every(isState) ? 4 : 2
  if (previous === null && words.every(isUnit)) return 2
  if (words.every(hasDigit) && allSame(words, stem)) return 2
  if (words.some(word => word === '')) return 2
  if (previous != null && naming.has(previous.toLowerCase())) return 2
  if (slot === 0) return words.every(isName) ? 4 : 16
  if (words.every(word => isName(word) && !isState(word))) return 3
  return alike >= 6 ? 4 : 6
}
