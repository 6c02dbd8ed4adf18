import type { Alphabet } from './alphabet.ts'
import { type BagIndex, createBagIndex } from './bag-index.ts'
import { countNeighbours } from './count-neighbours.ts'
import { createNgramModel, type NgramModel } from './ngram.ts'
import { createPrecedenceModel, type PrecedenceModel } from './precedence.ts'
import { setNeighbours } from './set-neighbours.ts'
import { sizeFreeNeighbours } from './size-free-neighbours.ts'

/** The voices that need no network, in the order of their scores. */
export const VOICES = [
  'count',
  'share',
  'set',
  'ngram',
  'typical',
  'peak',
  'precedence',
  'novelty',
] as const
export type VoiceName = (typeof VOICES)[number]

/**
 * Smallest difference of each voice that means anything: half an event more or less (count), a
 * twentieth of a session (share, set), a tenth of a nat an event, half a deviation, a nat at one
 * place, one new type.
 * Keeps a voice that is silent on all of training from shouting at its first whisper.
 */
export const LEAST: Record<VoiceName, number> = {
  count: 0.5,
  share: 0.05,
  set: 0.05,
  ngram: 0.1,
  typical: 0.5,
  peak: 1,
  precedence: 1,
  novelty: 1,
}

/** Differences of this part of `LEAST` are none. */
export const SLACK = 0.05

/** What the voices say about one sequence. */
export interface Hearing {
  /** One score a voice, in the order of `VOICES`. */
  scores: Float64Array
  /** Whether nothing in it is odder than that it ends where it does. */
  endsOdd: boolean
}

/** All voices over one training set. Scores grow with oddness. */
export interface Panel {
  readonly bags: BagIndex
  readonly ngrams: NgramModel
  readonly precedence: PrecedenceModel
  /** @param unseen how many different event types of it training never saw */
  hear(encoded: Int32Array, unseen: number): Hearing
  /** The same for a training row as if one copy of it had not been in training. Exact. */
  leaveOneOut(row: number): Float64Array
}

const highest = (list: Float64Array): number => list.reduce((a, b) => Math.max(a, b), 0)

const mean = (list: Float64Array): number => list.reduce((a, b) => a + b, 0) / list.length

export const fitPanel = (
  alphabet: Alphabet,
  rows: readonly Int32Array[],
  copies: ArrayLike<number>,
): Panel => {
  const bags = createBagIndex(rows, copies, alphabet.size)
  const ngrams = createNgramModel(alphabet.size)
  const precedence = createPrecedenceModel(alphabet.size)
  rows.forEach((row, i) => {
    ngrams.add(row, copies[i]!)
    precedence.add(row, copies[i]!)
  })

  const holders = new Float64Array(alphabet.size + 1)
  rows.forEach((row, i) => {
    for (const event of new Set(row)) holders[event]! += copies[i]!
  })
  /** Without its own copy, event types that only this row has would be unseen. */
  const blank = (row: Int32Array, own: number): [row: Int32Array, unseen: number] => {
    const alone = own > 1 ? new Set<number>() : new Set(row.filter(e => holders[e] === 1))
    return [row.map(e => (alone.has(e) ? alphabet.size : e)), alone.size]
  }

  const hear = (encoded: Int32Array, unseen: number, without = -1): Hearing => {
    const near = bags.near(bags.bagOf(encoded), without)
    const { surprises: next, excess } = ngrams.listen(encoded)
    const order = precedence.surprises(encoded)
    const peak = highest(next)
    const rarest = highest(order)
    return {
      scores: Float64Array.of(
        countNeighbours(near),
        sizeFreeNeighbours(near),
        setNeighbours(near),
        mean(next),
        excess,
        peak,
        rarest,
        unseen,
      ),
      endsOdd: next[encoded.length] === peak && order[encoded.length] === rarest,
    }
  }

  return {
    bags,
    ngrams,
    precedence,
    hear,
    leaveOneOut: i => {
      const row = rows[i]!
      ngrams.add(row, -1)
      precedence.add(row, -1)
      const { scores } = hear(...blank(row, copies[i]!), bags.rowBag[i]!)
      ngrams.add(row, 1)
      precedence.add(row, 1)
      return scores
    },
  }
}
