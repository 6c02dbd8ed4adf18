import { distinct, type SequenceSet } from '../../src/core/sequence/sequence-set.ts'
import { createRandom } from '../../src/core/simulator/random.ts'

/** Sessions of a small made-up service: open, some work in pairs, close; ids are arbitrary. */
export const madeSessions = (count: number, seed: number): number[][] => {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => {
    const work = Array.from({ length: random.int(1, 4) }, () =>
      random.next() < 0.7 ? [300, 301] : [400, 401, 402],
    )
    return [100, 101, ...work.flat(), 900]
  })
}

export const madeSet = (count: number, seed: number): SequenceSet =>
  distinct(madeSessions(count, seed))

/** A network small enough for tests. */
export const SMALL = {
  ...{ hidden: 16, layers: 1, heads: 2, inner: 32, segment: 16 },
  ...{ epochs: 60, patience: 60, rate: 1e-2, batchTokens: 256 },
}
