/** What a sequence holds, without order: dense event numbers and ln(1 + count) of each. */
export interface Bag {
  events: Int32Array
  values: Float64Array
  /** Σ w·ln(1 + count). */
  mass: number
}

/** Distances from one bag to its nearest references, nearest first. */
export interface Near {
  /** Weighted L1 distance of the three nearest. */
  far: number[]
  /** The same divided by the joint mass (weighted Bray–Curtis), of its own three nearest. */
  share: number[]
  /** 1 − cosine of the event sets, of its own three nearest. */
  sets: number[]
  /** Reference of the smallest weighted L1 distance; −1 when there is none. */
  nearest: number
}

export interface BagIndex {
  readonly size: number
  readonly bags: readonly Bag[]
  /** 1/(sd + 0.1) of each event's ln(1 + count) over training; the last one is "unseen". */
  readonly weights: Float64Array
  bagOf(encoded: Int32Array): Bag
  /** Three nearest references; one copy of reference `without` is left out. */
  near(bag: Bag, without?: number): Near
  /** Reference number of each training row, −1 for those beyond the cap. */
  readonly rowBag: Int32Array
}

const FLOOR = 0.1
/** Copies of a reference beyond three cannot change the three nearest. */
export const NEIGHBOURS = 3

const countsOf = (encoded: Int32Array): Map<number, number> => {
  const counts = new Map<number, number>()
  for (const event of encoded) counts.set(event, (counts.get(event) ?? 0) + 1)
  return counts
}

const axisWeights = (rows: readonly Int32Array[], copies: ArrayLike<number>, size: number) => {
  const sum = new Float64Array(size + 1)
  const square = new Float64Array(size + 1)
  let n = 0
  rows.forEach((row, i) => {
    const c = copies[i]!
    n += c
    for (const [event, count] of countsOf(row)) {
      const x = Math.log1p(count)
      sum[event]! += c * x
      square[event]! += c * x * x
    }
  })
  return sum.map((s, e) => {
    const mean = s / Math.max(1, n)
    const variance = Math.max(0, square[e]! / Math.max(1, n) - mean * mean)
    return 1 / (Math.sqrt(variance) + FLOOR)
  })
}

/** Keeps the three smallest values, with their copies. */
const insert = (best: number[], value: number, copies: number): void => {
  for (let c = Math.min(copies, NEIGHBOURS); c > 0 && value < best[NEIGHBOURS - 1]!; c--) {
    let at = NEIGHBOURS - 1
    while (at > 0 && best[at - 1]! > value) {
      best[at] = best[at - 1]!
      at -= 1
    }
    best[at] = value
  }
}

/**
 * An index over the distinct bags of the training rows. |x − y| = x + y − 2·min(x, y), so one walk
 * over the lists of the query's own events gives every distance at once, whatever the alphabet.
 * @param rows encoded training sequences; @param copies how often each occurred
 * @param cap most references kept: the commonest, then the earliest
 */
export const createBagIndex = (
  rows: readonly Int32Array[],
  copies: ArrayLike<number>,
  size: number,
  cap = 4096,
): BagIndex => {
  const weights = axisWeights(rows, copies, size)
  const bagOf = (encoded: Int32Array): Bag => {
    const counts = [...countsOf(encoded)].sort((a, b) => a[0] - b[0])
    const events = Int32Array.from(counts, c => c[0])
    const values = Float64Array.from(counts, c => Math.log1p(c[1]))
    let mass = 0
    for (let i = 0; i < events.length; i++) mass += weights[events[i]!]! * values[i]!
    return { events, values, mass }
  }

  const known = new Map<string, number>()
  const all: { bag: Bag; copies: number }[] = []
  const place = rows.map((row, i) => {
    const bag = bagOf(row)
    const key = `${bag.events}|${bag.values}`
    let at = known.get(key)
    if (at === undefined) {
      at = all.length
      known.set(key, at)
      all.push({ bag, copies: 0 })
    }
    all[at]!.copies += copies[i]!
    return at
  })
  const order = all.map((_, i) => i)
  if (all.length > cap) order.sort((a, b) => all[b]!.copies - all[a]!.copies || a - b)
  const kept = order.slice(0, cap)
  const renumber = new Int32Array(all.length).fill(-1)
  kept.forEach((from, to) => {
    renumber[from] = to
  })
  const bags = kept.map(i => all[i]!.bag)
  const times = kept.map(i => all[i]!.copies)

  const lists: { refs: number[]; values: number[] }[] = Array.from({ length: size + 1 }, () => ({
    refs: [],
    values: [],
  }))
  bags.forEach((bag, ref) => {
    bag.events.forEach((event, i) => {
      lists[event]!.refs.push(ref)
      lists[event]!.values.push(bag.values[i]!)
    })
  })
  const shared = new Float64Array(bags.length)
  const common = new Int32Array(bags.length)

  const near = (bag: Bag, without = -1): Near => {
    shared.fill(0)
    common.fill(0)
    for (let i = 0; i < bag.events.length; i++) {
      const w = weights[bag.events[i]!]!
      const x = bag.values[i]!
      const { refs, values } = lists[bag.events[i]!]!
      for (let j = 0; j < refs.length; j++) {
        const ref = refs[j]!
        shared[ref]! += w * Math.min(x, values[j]!)
        common[ref]! += 1
      }
    }
    const empty = () => new Array<number>(NEIGHBOURS).fill(Number.POSITIVE_INFINITY)
    const out: Near = { far: empty(), share: empty(), sets: empty(), nearest: -1 }
    let closest = Number.POSITIVE_INFINITY
    for (let ref = 0; ref < bags.length; ref++) {
      const c = ref === without ? times[ref]! - 1 : times[ref]!
      if (c <= 0) continue
      const other = bags[ref]!
      const joint = bag.mass + other.mass
      const gap = joint - 2 * shared[ref]!
      const far = gap < 1e-9 * joint ? 0 : gap
      if (far < closest) {
        closest = far
        out.nearest = ref
      }
      insert(out.far, far, c)
      insert(out.share, joint > 0 ? far / joint : 0, c)
      const sizes = Math.sqrt(bag.events.length * other.events.length)
      insert(out.sets, sizes > 0 ? Math.max(0, 1 - common[ref]! / sizes) : 0, c)
    }
    return out
  }

  const rowBag = Int32Array.from(place, at => renumber[at]!)
  return { size: bags.length, bags, weights, bagOf, near, rowBag }
}
