import { classOf, DIGIT } from './char-class.ts'

/** Units of sizes, rates and times: which one stands after a number depends on the number. */
const units: ReadonlySet<string> = new Set(
  (
    'b kb mb gb tb pb kib mib gib tib byte bytes bit bits k m g t ' +
    'ns us µs ms s sec secs second seconds min mins minute minutes h hr hrs hour hours ' +
    'd day days week weeks month months year years hz khz mhz ghz'
  ).split(' '),
)

const stem = (word: string): string => word.replace(/\d+/g, '0')

const allSame = (values: readonly string[], of: (value: string) => string): boolean =>
  values.every(value => of(value) === of(values[0]))

const hasDigit = (word: string): boolean => {
  for (let at = 0; at < word.length; at++) if (classOf(word.charCodeAt(at)) & DIGIT) return true
  return false
}

const isName = (word: string): boolean => hasDigit(word) || /[._@$\\/-]|[a-z][A-Z]/.test(word)

/** What is known of a slot in which lines differ that are equal elsewhere. */
export interface SlotEvidence {
  /** The gap before the slot, and the one after. */
  before: string
  after: string
  /** The element before: its word, null for a value, undefined at the start. */
  previous: string | null | undefined
  /** The distinct words seen there. */
  words: readonly string[]
  /** Whether a value was seen there, too. */
  sawValue: boolean
}

/** How many distinct words make the slot a variable. */
export const wordsNeeded = (slot: SlotEvidence): number => {
  const { before, previous, words } = slot
  if (slot.sawValue) return 1
  if (before.endsWith('=')) return 2
  if (previous === null && words.every(word => units.has(word.toLowerCase()))) return 2
  if (words.every(hasDigit) && allSame(words, stem)) return 2
  if (words.some(word => word === '')) return 2
  if (words.every(isName)) return 3
  return 6
}
