import { createPairTable } from './pair-table.ts'

/** Small counts exactly, larger ones by powers of two: 0 1 2 3 4 5–8 9–16 … */
const bin = (count: number): number =>
  count <= 4 ? count : 5 + Math.floor(Math.log2((count - 1) / 4))

/**
 * What had happened how often when an event came. For the j-th occurrence of event a (END too) and
 * every event b: the distribution of b's count so far. It does not see in which order concurrent
 * events came, so harmless interleaving costs nothing, and sees at once what came before its
 * cause, twice, or never.
 */
export interface PrecedenceModel {
  add(encoded: Int32Array, weight: number): void
  /** −ln of the rarest count so far at every event and at END, in nats. */
  surprises(encoded: Int32Array): Float64Array
}

export const createPrecedenceModel = (size: number): PrecedenceModel => {
  const END = size + 1
  const moments = createPairTable() // (a, bin of its occurrence) → moment
  const pairs = createPairTable() // (moment, b) → pair
  const cells = createPairTable() // (pair, bin of b's count) → cell
  const seen: number[] = [] // by moment: how often it came
  const partners: number[][] = [] // by moment: its pairs
  const pairEvent: number[] = []
  const pairSeen: number[] = [] // by pair: how often b's count was above 0
  const pairTypes: number[] = [] // by pair: different counts seen, 0 left out
  const cellCount: number[] = []

  const momentOf = (a: number, count: number, make: boolean): number => {
    if (!make) return moments.find(a, bin(count))
    const moment = moments.add(a, bin(count))
    if (moment === seen.length) {
      seen.push(0)
      partners.push([])
    }
    return moment
  }

  const pairOf = (moment: number, b: number): number => {
    const pair = pairs.add(moment, b)
    if (pair === pairEvent.length) {
      pairEvent.push(b)
      pairSeen.push(0)
      pairTypes.push(0)
      partners[moment]!.push(pair)
    }
    return pair
  }

  const note = (moment: number, counts: Int32Array, met: number[], weight: number): void => {
    seen[moment]! += weight
    for (const b of met) {
      const pair = pairOf(moment, b)
      pairSeen[pair]! += weight
      const cell = cells.add(pair, bin(counts[b]!))
      const before = cellCount[cell] ?? 0
      cellCount[cell] = before + weight
      if (before <= 0 && before + weight > 0) pairTypes[pair]! += 1
      else if (before > 0 && before + weight <= 0) pairTypes[pair]! -= 1
    }
  }

  const rarest = (moment: number, counts: Int32Array, met: number[]): number => {
    const n = moment < 0 ? 0 : seen[moment]!
    if (n <= 0) return 0
    let least = 1
    for (const pair of partners[moment]!) {
      const b = pairEvent[pair]!
      const zeros = n - pairSeen[pair]!
      const types = pairTypes[pair]! + (zeros > 0 ? 1 : 0)
      const c = counts[b]!
      const cell = c === 0 ? -1 : cells.find(pair, bin(c))
      const times = c === 0 ? zeros : cell < 0 ? 0 : cellCount[cell]!
      const p = (times + types * 0.5) / (n + types)
      if (p < least) least = p
    }
    for (const b of met) {
      if (pairs.find(moment, b) < 0) least = Math.min(least, 0.5 / (n + 1))
    }
    return -Math.log(least)
  }

  const run = (
    row: Int32Array,
    visit: (i: number, a: number, counts: Int32Array, met: number[]) => void,
  ): void => {
    const counts = new Int32Array(size + 2)
    const met: number[] = []
    for (let i = 0; i <= row.length; i++) {
      const a = i < row.length ? row[i]! : END
      visit(i, a, counts, met)
      if (counts[a] === 0) met.push(a)
      counts[a]! += 1
    }
  }

  return {
    add: (row, weight) =>
      run(row, (_, a, counts, met) => {
        note(momentOf(a, counts[a]!, true), counts, met, weight)
      }),
    surprises: row => {
      const out = new Float64Array(row.length + 1)
      run(row, (i, a, counts, met) => {
        out[i] = rarest(momentOf(a, counts[a]!, false), counts, met)
      })
      return out
    },
  }
}
