import type { Alphabet } from './alphabet.ts'
import type { Panel } from './panel.ts'

/** A next event that training expects; `event` is absent for the end of the session. */
export interface Expected {
  event?: number
  p: number
}

export interface Explanation {
  /** −ln p of every event after those before it, in nats. */
  surprise: number[]
  /** The same for the session ending where it did. */
  endSurprise: number
  /** Likeliest events at a position, the end included; the length asks for what comes after the last. */
  expectedAt(position: number): Expected[]
  /** How open it was what comes there, nats; undefined where nothing is known of that. */
  entropyAt(position: number): number | undefined
  /** Positions that are odd; the sequence's length means that it should not have ended there. */
  odd: number[]
  /** By position: how many events right before it training knows as a context, at most 5. */
  context: number[]
  /** Events with fewer copies here than in the nearest normal session. */
  missing: { event: number; expected: number; got: number }[]
  /** Events with more copies here than in the nearest normal session; unseen types expect 0. */
  extra: { event: number; expected: number; got: number }[]
}

const LIKELY = 5

/** The few likeliest known events and the end, by one walk over the alphabet. */
const likeliest = (p: Float64Array, alphabet: Alphabet): Expected[] => {
  const END = alphabet.size + 1
  const best: number[] = []
  for (let i = 0; i < p.length; i++) {
    if (i === alphabet.size) continue
    if (best.length === LIKELY && p[i]! <= p[best.at(-1)!]!) continue
    let at = best.length
    while (at > 0 && p[best[at - 1]!]! < p[i]!) at--
    best.splice(at, 0, i)
    best.length = Math.min(best.length, LIKELY)
  }
  return best.map(i => (i === END ? { p: p[i]! } : { event: alphabet.ids[i]!, p: p[i]! }))
}

const tally = (ids: readonly number[]): Map<number, number> => {
  const counts = new Map<number, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

/**
 * Why a sequence is odd, line by line.
 * @param limit surprise in nats from which a position is odd; the oddest one always is when any is
 */
export const explainSequence = (
  sequence: readonly number[],
  alphabet: Alphabet,
  panel: Panel,
  limit: { surprise: number; precedence: number },
): Explanation => {
  const encoded = alphabet.encode(sequence)
  const surprise = panel.ngrams.surprises(encoded)
  const order = panel.precedence.surprises(encoded)
  const positions = Array.from({ length: sequence.length + 1 }, (_, i) => i)
  const odd = positions.filter(
    i =>
      surprise[i]! >= limit.surprise ||
      order[i]! >= limit.precedence ||
      encoded[i] === alphabet.size,
  )
  const bag = panel.bags.bagOf(encoded)
  const { nearest } = panel.bags.near(bag)
  const normal = new Map<number, number>()
  const reference = panel.bags.bags[nearest]
  reference?.events.forEach((event, i) => {
    if (event < alphabet.size) {
      normal.set(alphabet.ids[event]!, Math.round(Math.expm1(reference.values[i]!)))
    }
  })
  const here = tally(sequence)
  const differences = [...new Set([...normal.keys(), ...here.keys()])]
    .map(event => ({ event, expected: normal.get(event) ?? 0, got: here.get(event) ?? 0 }))
    .sort(
      (a, b) => Math.abs(b.expected - b.got) - Math.abs(a.expected - a.got) || a.event - b.event,
    )
  return {
    surprise: [...surprise.subarray(0, sequence.length)],
    endSurprise: surprise[sequence.length]!,
    expectedAt: position => likeliest(panel.ngrams.next(encoded, position), alphabet),
    entropyAt: position => panel.ngrams.entropy(encoded, position),
    odd,
    context: positions.map(i => panel.ngrams.known(encoded, i)),
    missing: differences.filter(d => d.got < d.expected),
    extra: differences.filter(d => d.got > d.expected),
  }
}
