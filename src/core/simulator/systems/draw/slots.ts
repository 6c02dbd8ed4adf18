import type { Random } from '../../random.ts'
import type { Slot } from '../plan.ts'
import type { Language } from '../words/language.ts'

/** Slots of a system that lines may hold, by what they stand for. */
export interface SlotNames {
  ids: readonly string[]
  numbers: readonly string[]
  sizes: readonly string[]
  words: readonly string[]
}

/** So many of a list, in any order. */
export const draw = <T>(random: Random, list: readonly T[], count: number): T[] => {
  const rest = [...list]
  const out: T[] = []
  while (out.length < count && rest.length > 0) {
    out.push(...rest.splice(random.int(0, rest.length - 1), 1))
  }
  return out
}

const LETTERS = 'abcdefghjkmnpqrstvwxyz23456789'

/** Slots that every system has, of sizes and prefixes of its own. */
export const drawSlots = (
  random: Random,
  { words, syllables }: Language,
): { slots: Record<string, Slot>; names: SlotNames } => {
  const slots: Record<string, Slot> = {
    address: { kind: 'address' },
    hex8: { kind: 'hex', length: 8 },
  }
  const ids = Array.from({ length: 5 }, (_, i) => `id${i + 1}`)
  for (const name of ids) {
    const isNumber = random.next() < 0.5
    const prefix = random.next() < 0.5 ? random.pick(['', '#', '']) : `${random.pick(syllables)}-`
    const alphabet = isNumber ? '123456789' : LETTERS
    slots[name] = { kind: 'entity', prefix, length: random.int(5, 10), alphabet }
  }
  const numbers = Array.from({ length: 6 }, (_, i) => `n${i + 1}`)
  for (const name of numbers) {
    slots[name] = { kind: 'number', median: random.int(3, 60), spread: 0.4, decimals: 0 }
  }
  const sizes = ['size1', 'size2']
  for (const name of sizes) {
    slots[name] = { kind: 'number', median: random.int(500, 9000), spread: 0.7, decimals: 0 }
  }
  const kinds = Array.from({ length: 5 }, (_, i) => `w${i + 1}`)
  for (const name of kinds)
    slots[name] = { kind: 'word', of: draw(random, words, random.int(2, 5)) }
  return { slots, names: { ids, numbers, sizes, words: kinds } }
}
