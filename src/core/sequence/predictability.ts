/** Which earlier events are the context of each line: one row per line and key it belongs to. */
export interface Threads {
  /** Line of each row, ascending; lines without a row belong to their source's own stream. */
  line: Int32Array
  /** Session of each row, dense from 0. */
  thread: Int32Array
  threads: number
}

/**
 * Code length, in bits, of every line of a sample when each line is predicted from the line before
 * it in its own session: an adaptive first-order model with Witten–Bell smoothing (p₁ = (c + T·p₀) /
 * (n + T), T distinct followers seen), learned as it goes, so that nothing is fitted beforehand.
 * Interleaved sessions make the plain stream hard to predict; the right key takes them apart. A
 * line of several sessions takes the mean of their predictions.
 * `events` holds dense template numbers below `size`; `sources` dense source numbers.
 */
export const codeLengths = (
  events: Int32Array,
  sources: Int32Array,
  size: number,
  threads?: Threads,
): Float64Array => {
  const bits = new Float64Array(events.length)
  const model = createFollowers(size)
  const streams = new Map<number, number>()
  const last = new Int32Array(threads?.threads ?? 0).fill(-1)
  let row = 0
  for (let i = 0; i < events.length; i++) {
    const event = events[i]!
    const from = row
    let p = 0
    while (threads !== undefined && row < threads.line.length && threads.line[row] === i) {
      p += model.probability(keyed(last[threads.thread[row]!]!), event)
      row += 1
    }
    if (row === from) {
      const context = plain(streams.get(sources[i]!) ?? -1, size)
      bits[i] = -Math.log2(model.probability(context, event))
      model.learn(context, event)
      streams.set(sources[i]!, event)
      continue
    }
    bits[i] = -Math.log2(p / (row - from))
    for (let r = from; r < row; r++) {
      const thread = threads!.thread[r]!
      model.learn(keyed(last[thread]!), event)
      last[thread] = event
    }
  }
  return bits
}

/** Contexts: the event before in a session (0: none yet) … */
const keyed = (event: number): number => event + 1
/** … and, apart from those, the event before in a stream without a key. */
const plain = (event: number, size: number): number => size + 2 + event

/** Counts which event follows which context (0 … 2·size + 2), smoothed as above. */
const createFollowers = (size: number) => {
  const counts = new Map<number, number>()
  const totals = new Float64Array(2 * size + 3)
  const kinds = new Float64Array(2 * size + 3)
  const single = new Float64Array(size)
  let seen = 0
  const probability = (context: number, event: number): number => {
    const p0 = (single[event]! + 1 / size) / (seen + 1)
    const total = totals[context]!
    if (total === 0) return p0
    const count = counts.get(context * size + event) ?? 0
    return (count + kinds[context]! * p0) / (total + kinds[context]!)
  }
  const learn = (context: number, event: number): void => {
    const key = context * size + event
    const count = counts.get(key) ?? 0
    if (count === 0) kinds[context]! += 1
    counts.set(key, count + 1)
    totals[context]! += 1
    single[event]! += 1
    seen += 1
  }
  return { probability, learn }
}

/** Code length of every line by how often its template was seen before, in bits. */
export const singleLengths = (events: Int32Array, size: number): Float64Array => {
  const counts = new Float64Array(size)
  return Float64Array.from(events, (event, seen) => {
    const bits = -Math.log2((counts[event]! + 1 / size) / (seen + 1))
    counts[event]! += 1
    return bits
  })
}

/** Sum of an array. */
export const sum = (values: ArrayLike<number>): number => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total
}
