import { entropyOf } from '../entropy.ts'
import { createPairTable } from './pair-table.ts'

/** Contexts of up to five events: n-grams of orders 1 to 6. */
const CONTEXT = 5

/** Contexts whose entropy is remembered: sessions that are explained share most of theirs. */
const MOST_REMEMBERED = 65_536

const UNIT = 65_536
/** c·lnᵏ c in whole units, so that what is taken away and put back leaves no rounding behind. */
const exact = (count: number, power: number): number =>
  count > 1 ? Math.round(UNIT * count * Math.log(count) ** power) : 0

/** A variable-order model of what comes next, END included. */
export interface NgramModel {
  /** Adds (or with a negative weight takes away) one sequence. */
  add(encoded: Int32Array, weight: number): void
  /** −ln p of every event and of END, in nats; length is the sequence's plus 1. */
  surprises(encoded: Int32Array): Float64Array
  /** The surprises, and how far their sum is from what such contexts lead to (in deviations). */
  listen(encoded: Int32Array): { surprises: Float64Array; excess: number }
  /** Probability of each known event, END (at `size + 1`) and of anything unseen (at `size`), after the first `position` events. */
  next(encoded: Int32Array, position: number): Float64Array
  /** Entropy of that, nats. */
  entropy(encoded: Int32Array, position: number): number
  /** Length of the longest context of `position` that training knows. */
  known(encoded: Int32Array, position: number): number
}

/**
 * Interpolated Witten–Bell n-grams (Witten & Bell 1991): p_n = (c(ctx, x) + T·p_{n−1})/(c + T) with
 * T the number of different events seen after the context and p_0 = 1/(size + 2).
 * A session's own share is taken out exactly by `add(row, −1)`, scored, and put back.
 */
export const createNgramModel = (size: number): NgramModel => {
  const END = size + 1
  const START = size + 2
  const children = createPairTable() // (context node, event before it) → context node − 1
  const grams = createPairTable() // (context node, next event) → row of `counts`
  let counts = new Float64Array(1024)
  let totals = new Float64Array(1024)
  let types = new Float64Array(1024)
  let logs = new Float64Array(1024) // by context: Σ c·ln c, and Σ c·ln² c
  let squares = new Float64Array(1024)
  const wider = (list: Float64Array, at: number): Float64Array<ArrayBuffer> => {
    const out = new Float64Array(Math.max(at + 1, list.length * 2))
    out.set(list)
    return out
  }
  const path = new Int32Array(CONTEXT + 1)

  /** Fills `path` with the nodes of the contexts of length 0, 1, …; returns how many are known. */
  const walk = (row: Int32Array, position: number, make: boolean): number => {
    path[0] = 0
    for (let m = 1; m <= CONTEXT; m++) {
      const at = position - m
      if (at < -1) return m
      const event = at < 0 ? START : row[at]!
      const from = path[m - 1]!
      const found = make ? children.add(from, event) : children.find(from, event)
      if (found < 0) return m
      path[m] = found + 1
    }
    return CONTEXT + 1
  }

  /** By the deepest node of the context, which tells all above it. */
  const entropies = new Map<number, number>()

  const add = (row: Int32Array, weight: number): void => {
    entropies.clear()
    for (let i = 0; i <= row.length; i++) {
      const next = i < row.length ? row[i]! : END
      const depth = walk(row, i, true)
      for (let m = 0; m < depth; m++) {
        const node = path[m]!
        const gram = grams.add(node, next)
        if (gram >= counts.length) counts = wider(counts, gram)
        if (node >= totals.length) {
          totals = wider(totals, node)
          types = wider(types, node)
          logs = wider(logs, node)
          squares = wider(squares, node)
        }
        const before = counts[gram]!
        const after = before + weight
        counts[gram] = after
        logs[node]! += exact(after, 1) - exact(before, 1)
        squares[node]! += exact(after, 2) - exact(before, 2)
        totals[node]! += weight
        if (before <= 0 && after > 0) types[node]! += 1
        else if (before > 0 && after <= 0) types[node]! -= 1
      }
    }
  }

  const floor = 1 / (size + 2)
  const probability = (depth: number, next: number): number => {
    let p = floor
    for (let m = 0; m < depth; m++) {
      const node = path[m]!
      const total = totals[node] ?? 0
      if (total <= 0) break
      const gram = grams.find(node, next)
      const c = gram < 0 ? 0 : counts[gram]!
      const t = types[node]!
      p = (c + t * p) / (total + t)
    }
    return p
  }

  /** Entropy of what followed the longest known context in `path`, and the variance of −ln p, nats. */
  const usual = (depth: number): { entropy: number; variance: number } => {
    let m = depth - 1
    while (m > 0 && !(totals[path[m]!]! > 0)) m -= 1
    const total = totals[path[m]!]!
    if (!(total > 0)) return { entropy: 0, variance: 0 }
    const most = Math.log(total)
    const mean = logs[path[m]!]! / UNIT / total
    const square = squares[path[m]!]! / UNIT / total
    return {
      entropy: Math.max(0, most - mean),
      variance: Math.max(0, square - mean * mean),
    }
  }

  /**
   * A choice among many is no surprise: Σ(−ln p − H)/√(1 + ΣVar), the distance from the typical set
   * (Cover & Thomas 2006, ch. 3) in deviations. Where everything is possible little is odd; where one
   * thing is certain another stands out.
   */
  const listen = (row: Int32Array): { surprises: Float64Array; excess: number } => {
    const surprises = new Float64Array(row.length + 1)
    let excess = 0
    let spread = 1
    for (let i = 0; i <= row.length; i++) {
      const depth = walk(row, i, false)
      const surprise = -Math.log(probability(depth, i < row.length ? row[i]! : END))
      const { entropy, variance } = usual(depth)
      surprises[i] = surprise
      excess += surprise - entropy
      spread += variance
    }
    return { surprises, excess: excess / Math.sqrt(spread) }
  }

  const predicted = (depth: number): Float64Array =>
    Float64Array.from({ length: size + 2 }, (_, event) => probability(depth, event))

  const entropy = (row: Int32Array, position: number): number => {
    const depth = walk(row, position, false)
    const context = path[depth - 1]!
    const known = entropies.get(context)
    if (known !== undefined) return known
    const nats = entropyOf(predicted(depth))
    if (entropies.size >= MOST_REMEMBERED) entropies.clear()
    entropies.set(context, nats)
    return nats
  }

  return {
    add,
    listen,
    surprises: row => listen(row).surprises,
    next: (row, position) => predicted(walk(row, position, false)),
    entropy,
    known: (row, position) => {
      let depth = walk(row, position, false)
      while (depth > 1 && (totals[path[depth - 1]!] ?? 0) <= 0) depth -= 1
      return depth - 1
    },
  }
}
