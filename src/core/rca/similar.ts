import { PARTS, type Signature, type SignaturePart } from './signature.ts'

/** A past report. */
export interface Past {
  signature: Signature
}

export interface LikenOptions {
  /** Most that are given. Default 5. */
  most?: number
  /** What is less alike is not given. Default 0.5: they have at least as much in common as not. */
  least?: number
}

/** How much each part of two signatures says; parts that neither has are left out. */
const WORTH: Record<SignaturePart, number> = { templates: 3, words: 2, suspects: 3, kinds: 1 }

/**
 * The past reports that are most like this one, most alike first, with how much from 0 to 1: the
 * cosine of each part, in which what few reports have counts more than what many have (tf–idf).
 */
export const liken = <T extends Past>(
  signature: Signature,
  past: readonly T[],
  { most = 5, least = 0.5 }: LikenOptions = {},
): { past: T; similarity: number }[] => {
  const rarity = rarityIn([signature, ...past.map(each => each.signature)])
  return past
    .map(each => ({ past: each, similarity: similarityOf(signature, each.signature, rarity) }))
    .filter(({ similarity }) => similarity >= least)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, most)
}

type Rarity = (part: SignaturePart, name: string) => number

/** ln(1 + n / how many of n have it): at least ln 2 for what all have. */
const rarityIn = (all: readonly Signature[]): Rarity => {
  const seen = new Map<string, number>()
  for (const signature of all) {
    for (const part of PARTS) {
      for (const [name] of signature[part]) {
        const key = `${part} ${name}`
        seen.set(key, (seen.get(key) ?? 0) + 1)
      }
    }
  }
  return (part, name) => Math.log(1 + all.length / (seen.get(`${part} ${name}`) ?? 1))
}

const similarityOf = (a: Signature, b: Signature, rarity: Rarity): number => {
  let sum = 0
  let worth = 0
  for (const part of PARTS) {
    if (a[part].length + b[part].length === 0) continue
    worth += WORTH[part]
    sum += WORTH[part] * cosine(a[part], b[part], name => rarity(part, name))
  }
  return worth === 0 ? 0 : Math.round((sum / worth) * 1000) / 1000
}

const cosine = (
  a: Signature[SignaturePart],
  b: Signature[SignaturePart],
  weight: (name: string) => number,
): number => {
  const other = new Map(b)
  let shared = 0
  let own = 0
  let theirs = 0
  for (const [name, share] of a) {
    const worth = weight(name) ** 2
    shared += worth * share * (other.get(name) ?? 0)
    own += worth * share * share
  }
  for (const [name, share] of b) theirs += (weight(name) * share) ** 2
  return own === 0 || theirs === 0 ? 0 : shared / Math.sqrt(own * theirs)
}
