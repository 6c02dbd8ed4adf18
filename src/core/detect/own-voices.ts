import { type Alphabet, createAlphabet } from './alphabet.ts'
import { fitPanel, LEAST, type Panel, SLACK, VOICES } from './panel.ts'
import type { Reservoir } from './reservoir.ts'
import { createTail, type Tail } from './tail.ts'

/** The voices without a network, with what each says of the rows it learned from, left out in turn. */
export interface OwnVoices {
  alphabet: Alphabet
  panel: Panel
  /** Leave-one-out scores of every row, by voice. */
  held: Float64Array[]
  tails: Tail[]
}

export const fitOwnVoices = ({ sequences, weights, shares }: Reservoir): OwnVoices => {
  const alphabet = createAlphabet(sequences)
  const encoded = sequences.map(row => alphabet.encode(row))
  const panel = fitPanel(alphabet, encoded, weights)
  const held = encoded.map((_, i) => panel.leaveOneOut(i))
  const tails = VOICES.map((name, v) => {
    const scores = held.map(row => row[v]!)
    return createTail(scores, shares, LEAST[name], SLACK * LEAST[name])
  })
  return { alphabet, panel, held, tails }
}
