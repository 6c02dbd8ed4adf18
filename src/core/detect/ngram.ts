import { createPairTable } from './pair-table.ts'

/** Contexts of up to five events: n-grams of orders 1 to 6. */
const CONTEXT = 5

/** A variable-order model of what comes next, END included. */
export interface NgramModel {
  /** Adds (or with a negative weight takes away) one sequence. */
  add(encoded: Int32Array, weight: number): void
  /** −ln p of every event and of END, in nats; length is the sequence's plus 1. */
  surprises(encoded: Int32Array): Float64Array
  /** Probability of each known event, END (at `size + 1`) and of anything unseen (at `size`), after the first `position` events. */
  next(encoded: Int32Array, position: number): Float64Array
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

  const add = (row: Int32Array, weight: number): void => {
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
        }
        const before = counts[gram]!
        const after = before + weight
        counts[gram] = after
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

  return {
    add,
    surprises: row => {
      const out = new Float64Array(row.length + 1)
      for (let i = 0; i <= row.length; i++) {
        const depth = walk(row, i, false)
        out[i] = -Math.log(probability(depth, i < row.length ? row[i]! : END))
      }
      return out
    },
    next: (row, position) => {
      const depth = walk(row, position, false)
      return Float64Array.from({ length: size + 2 }, (_, event) => probability(depth, event))
    },
    known: (row, position) => {
      let depth = walk(row, position, false)
      while (depth > 1 && (totals[path[depth - 1]!] ?? 0) <= 0) depth -= 1
      return depth - 1
    },
  }
}
