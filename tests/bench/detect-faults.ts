import type { Random } from '../../src/core/simulator/random.ts'

type Make = (session: readonly number[], random: Random, other: readonly number[]) => number[]

const swapped = (s: readonly number[], i: number, j: number): number[] => {
  const out = [...s]
  out[i] = s[j]!
  out[j] = s[i]!
  return out
}

/** What can go wrong with the order and the number of known events. */
export const FAULTS: Record<string, Make> = {
  'adjacent swap': (s, random) => {
    const i = random.int(0, s.length - 2)
    return swapped(s, i, i + 1)
  },
  'far swap': (s, random) => {
    const i = random.int(0, s.length - 3)
    return swapped(s, i, random.int(i + 2, s.length - 1))
  },
  truncation: (s, random) => s.slice(0, random.int(1, s.length - 1)),
  deletion: (s, random) => s.toSpliced(random.int(0, s.length - 1), 1),
  duplication: (s, random) => {
    const i = random.int(0, s.length - 1)
    return s.toSpliced(i, 0, s[i]!)
  },
  splice: (s, random, other) => [
    ...s.slice(0, random.int(1, s.length - 1)),
    ...other.slice(random.int(1, other.length - 1)),
  ],
}

export interface MadeFaults {
  made: number[][]
  /** Tries that gave a sequence that occurs among normals. */
  ordinary: number
}

/**
 * `wanted` faults of a kind, made from sessions drawn as often as they occur. What occurs among
 * `normals` is no fault and left out.
 */
export const makeFaults = (
  kind: string,
  from: readonly number[][],
  normals: ReadonlySet<string>,
  wanted: number,
  random: Random,
): MadeFaults => {
  const long = from.filter(s => s.length > 2)
  const out: MadeFaults = { made: [], ordinary: 0 }
  for (let tries = 0; tries < 200 * wanted && out.made.length < wanted; tries++) {
    const fault = FAULTS[kind]!(random.pick(long), random, random.pick(long))
    if (normals.has(fault.join(' '))) out.ordinary += 1
    else out.made.push(fault)
  }
  return out
}
