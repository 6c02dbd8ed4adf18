import { createRandom, type Random } from '../../src/core/simulator/random.ts'

/** A made system: requests of several forms, with steps that repeat and steps that run at once. */
export const makeSessions = (count: number, seed: number): number[][] => {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => session(random))
}

const session = (random: Random): number[] => {
  const form = random.next()
  if (form < 0.6) return [1, 2, ...woven(random, [3, 4], [5, 6]), 7]
  if (form < 0.9)
    return [1, 8, ...Array.from({ length: random.int(1, 4) }, () => [9, 10]).flat(), 7]
  return [1, 2, 11, 12, 7]
}

/** Two runs of events in a random interleaving. */
const woven = (random: Random, a: readonly number[], b: readonly number[]): number[] => {
  const left = [...a]
  const right = [...b]
  const out: number[] = []
  while (left.length + right.length > 0) {
    const fromLeft = random.next() < left.length / (left.length + right.length)
    out.push((fromLeft ? left : right).shift()!)
  }
  return out
}
