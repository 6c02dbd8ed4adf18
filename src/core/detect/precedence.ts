import { createPairTable } from './pair-table.ts'

const BINS = 8
/** Small counts exactly, larger ones roughly: 0 1 2 3 4 5–8 9–16 17 and more. */
const bin = (count: number): number =>
  count <= 4 ? count : count <= 8 ? 5 : count <= 16 ? 6 : BINS - 1

/** Pairs kept at most, about 150 bytes each; later ones are not learned, nor held against anyone. */
const MOST_PAIRS = 1_000_000
/** Of one moment so many: what is common comes early, and every session asks all of them. */
const MOST_PARTNERS = 1000

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

/** Counts so far of one walk through a sequence, and the events met, in order. */
interface Walk {
  counts: Int32Array
  met: number[]
}

const wider = (list: Float64Array): Float64Array<ArrayBuffer> => {
  const out = new Float64Array(list.length * 2)
  out.set(list)
  return out
}

export const createPrecedenceModel = (size: number): PrecedenceModel => {
  const END = size + 1
  const moments = createPairTable() // (a, bin of its occurrence) → moment
  const pairs = createPairTable() // (moment, b) → pair
  const seen: number[] = [] // by moment: how often it came
  const partners: number[][] = [] // by moment: its pairs
  const full: boolean[] = [] // by moment: some of its pairs were not learned
  const pairEvent: number[] = []
  const pairSeen: number[] = [] // by pair: how often b's count was above 0
  const pairTypes: number[] = [] // by pair: different bins seen, 0 left out
  let cells = new Float64Array(1024 * BINS) // by pair and bin: how often
  const walk: Walk = { counts: new Int32Array(size + 2), met: [] }

  const momentOf = (a: number, count: number): number => {
    const moment = moments.add(a, bin(count))
    if (moment === seen.length) {
      seen.push(0)
      partners.push([])
      full.push(false)
    }
    return moment
  }

  const bump = (pair: number, count: number, weight: number): void => {
    pairSeen[pair]! += weight
    const cell = pair * BINS + bin(count)
    const before = cells[cell]!
    cells[cell] = before + weight
    if (before <= 0 && before + weight > 0) pairTypes[pair]! += 1
    else if (before > 0 && before + weight <= 0) pairTypes[pair]! -= 1
  }

  const learnPairs = (moment: number, { counts, met }: Walk, weight: number): void => {
    for (const b of met) {
      if (pairEvent.length >= MOST_PAIRS || partners[moment]!.length >= MOST_PARTNERS) {
        full[moment] = true
        return
      }
      const pair = pairs.add(moment, b)
      if (pair < pairEvent.length) continue
      pairEvent.push(b)
      pairSeen.push(0)
      pairTypes.push(0)
      partners[moment]!.push(pair)
      if (pairEvent.length * BINS > cells.length) cells = wider(cells)
      bump(pair, counts[b]!, weight)
    }
  }

  const note = (moment: number, at: Walk, weight: number): void => {
    seen[moment]! += weight
    const own = partners[moment]!
    const known = own.length
    let found = 0
    for (let k = 0; k < known; k++) {
      const count = at.counts[pairEvent[own[k]!]!]!
      if (count === 0) continue
      bump(own[k]!, count, weight)
      found += 1
    }
    if (found < at.met.length) learnPairs(moment, at, weight)
  }

  const rarest = (moment: number, { counts, met }: Walk): number => {
    const n = moment < 0 ? 0 : seen[moment]!
    if (n <= 0) return 0
    let least = 1
    let found = 0
    const own = partners[moment]!
    for (let k = 0; k < own.length; k++) {
      const pair = own[k]!
      const count = counts[pairEvent[pair]!]!
      const zeros = n - pairSeen[pair]!
      const types = pairTypes[pair]! + (zeros > 0 ? 1 : 0)
      const times = count === 0 ? zeros : cells[pair * BINS + bin(count)]!
      const p = (times + types * 0.5) / (n + types)
      if (p < least) least = p
      if (count > 0) found += 1
    }
    if (found < met.length && !full[moment]) least = Math.min(least, 0.5 / (n + 1))
    return -Math.log(least)
  }

  const run = (row: Int32Array, visit: (i: number, a: number) => void): void => {
    const { counts, met } = walk
    for (let i = 0; i <= row.length; i++) {
      const a = i < row.length ? row[i]! : END
      visit(i, a)
      if (counts[a] === 0) met.push(a)
      counts[a]! += 1
    }
    for (const a of met) counts[a] = 0
    met.length = 0
  }

  return {
    add: (row, weight) => run(row, (_, a) => note(momentOf(a, walk.counts[a]!), walk, weight)),
    surprises: row => {
      const out = new Float64Array(row.length + 1)
      run(row, (i, a) => {
        out[i] = rarest(moments.find(a, bin(walk.counts[a]!)), walk)
      })
      return out
    },
  }
}
