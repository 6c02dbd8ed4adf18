/** Finds a dense number for a pair of whole numbers ≥ 0: a hash table in typed arrays. */
export interface PairTable {
  readonly size: number
  /** Number of the pair, or −1 when it was never added. */
  find(a: number, b: number): number
  /** Number of the pair, a new one (the former `size`) when it was not there. */
  add(a: number, b: number): number
}

const hash = (a: number, b: number): number => {
  const h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b)
  return Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 8
}

/** Open addressing, at most half full; memory is about 32 bytes a pair. */
export const createPairTable = (): PairTable => {
  let mask = 1023
  let slots = new Int32Array(mask + 1).fill(-1)
  let left = new Int32Array(512)
  let right = new Int32Array(512)
  let size = 0

  const slotOf = (a: number, b: number): number => {
    let slot = hash(a, b) & mask
    for (;;) {
      const found = slots[slot]!
      if (found < 0 || (left[found] === a && right[found] === b)) return slot
      slot = (slot + 1) & mask
    }
  }

  const grow = (): void => {
    const longer = new Int32Array(left.length * 2)
    longer.set(left)
    left = longer
    const wider = new Int32Array(right.length * 2)
    wider.set(right)
    right = wider
    mask = mask * 2 + 1
    slots = new Int32Array(mask + 1).fill(-1)
    for (let i = 0; i < size; i++) slots[slotOf(left[i]!, right[i]!)] = i
  }

  return {
    get size() {
      return size
    },
    find: (a, b) => slots[slotOf(a, b)]!,
    add: (a, b) => {
      if (size === left.length) grow()
      const slot = slotOf(a, b)
      if (slots[slot]! >= 0) return slots[slot]!
      left[size] = a
      right[size] = b
      slots[slot] = size
      return size++
    },
  }
}
