import type { SequenceSet } from '../sequence/sequence-set.ts'
import { createDraw } from './draw.ts'

/**
 * Trials: sessions made from training sessions that a good detector should find odd. All of them
 * stay within the known events, because foreign ones say nothing about how good a voice is.
 */
export interface Trials {
  sequences: number[][]
  /** What was done to each. */
  kinds: string[]
}

type Draw = () => number
type Make = (session: readonly number[], draw: Draw, other: () => readonly number[]) => number[]

const below = (draw: Draw, n: number): number => Math.floor(draw() * n)

const exchanged = (session: readonly number[], i: number, j: number): number[] => {
  const out = [...session]
  out[i] = session[j]!
  out[j] = session[i]!
  return out
}

/** Share of the events that `replaced` changes, at least one event. */
const REPLACED = 0.05

const makers: Record<string, Make> = {
  swapped: (s, draw) => {
    const i = below(draw, s.length - 1)
    return exchanged(s, i, i + 1)
  },
  moved: (s, draw) => exchanged(s, below(draw, s.length), below(draw, s.length)),
  'cut off': (s, draw) => s.slice(0, 1 + below(draw, s.length - 1)),
  lost: (s, draw) => s.toSpliced(below(draw, s.length), 1),
  doubled: (s, draw) => {
    const i = below(draw, s.length)
    return s.toSpliced(i, 0, s[i]!)
  },
  spliced: (s, draw, other) => {
    const tail = other()
    return [...s.slice(0, 1 + below(draw, s.length)), ...tail.slice(below(draw, tail.length))]
  },
  replaced: (s, draw, other) => {
    const out = [...s]
    for (let k = Math.ceil(s.length * REPLACED * (1 + draw())); k > 0; k--) {
      const from = other()
      out[below(draw, s.length)] = from[below(draw, from.length)]!
    }
    return out
  },
  'another rate': (s, draw) => {
    const event = s[below(draw, s.length)]!
    const times = below(draw, 4)
    const copies = times === 1 ? 3 : times
    return s.flatMap(e => (e === event ? new Array<number>(copies).fill(e) : [e]))
  },
}

/** Trials of each kind, and events in all of them together, at most. */
const PER_KIND = 80
const MOST_EVENTS = 60_000
const TRIES = 20

/** Draws sessions by the root of their weight: common ones often, rare ones too. */
const sampler = ({ sequences, weights }: SequenceSet, draw: Draw): (() => readonly number[]) => {
  const sums: number[] = []
  let total = 0
  weights.forEach((weight, i) => {
    total += sequences[i]!.length > 1 ? Math.sqrt(weight) : 0
    sums.push(total)
  })
  return () => {
    const x = draw() * total
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > x) high = middle
      else low = middle + 1
    }
    return sequences[low]!
  }
}

/**
 * Makes trials from a training set; none of them is itself in it. Deterministic for a seed.
 * Sessions of fewer than two events are not changed; without longer ones there are no trials.
 */
export const trialSequences = (training: SequenceSet, seed: number): Trials => {
  const draw = createDraw(seed)
  const out: Trials = { sequences: [], kinds: [] }
  const long = training.sequences.filter(s => s.length > 1)
  if (long.length === 0) return out
  const known = new Set(training.sequences.map(s => s.join(' ')))
  const other = sampler(training, draw)
  const share = MOST_EVENTS / Object.keys(makers).length
  for (const [kind, make] of Object.entries(makers)) {
    let made = 0
    let events = 0
    for (let t = 0; t < PER_KIND * TRIES && made < PER_KIND && events < share; t++) {
      const sequence = make(other(), draw, other)
      if (sequence.length === 0 || known.has(sequence.join(' '))) continue
      out.sequences.push(sequence)
      out.kinds.push(kind)
      made += 1
      events += sequence.length
    }
  }
  return out
}
