import type { Group } from './drain.ts'

/**
 * Which group a masked line belongs to, by its two hashes. Holds at most `limit` lines in two
 * generations: when the young one is full the old one is forgotten, so what is in use stays.
 */
export class FormTable {
  private readonly capacity: number
  private young: Generation
  private old: Generation

  constructor(limit: number) {
    let capacity = 64
    while (capacity < limit) capacity *= 2
    this.capacity = capacity
    this.young = new Generation(64)
    this.old = new Generation(64)
  }

  get(h1: number, h2: number): Group | undefined {
    const group = this.young.get(h1, h2)
    if (group !== undefined) return group
    const before = this.old.get(h1, h2)
    if (before !== undefined) this.set(h1, h2, before)
    return before
  }

  set(h1: number, h2: number, group: Group): void {
    if (this.young.isFull) {
      if (this.young.capacity < this.capacity) this.young = this.young.grown()
      else {
        this.old = this.young
        this.young = new Generation(this.capacity)
      }
    }
    this.young.set(h1, h2, group)
  }

  clear(): void {
    this.young = new Generation(64)
    this.old = new Generation(64)
  }
}

/** Open addressing with linear probing, at most half full. */
class Generation {
  readonly capacity: number
  private readonly mask: number
  private readonly first: Int32Array
  private readonly second: Int32Array
  private readonly groups: (Group | undefined)[]
  private size = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.mask = capacity - 1
    this.first = new Int32Array(capacity)
    this.second = new Int32Array(capacity)
    this.groups = new Array(capacity).fill(undefined)
  }

  get isFull(): boolean {
    return this.size * 2 >= this.capacity
  }

  get(h1: number, h2: number): Group | undefined {
    for (let at = h1 & this.mask; ; at = (at + 1) & this.mask) {
      const group = this.groups[at]
      if (group === undefined) return undefined
      if (this.first[at] === h1 && this.second[at] === h2) return group
    }
  }

  set(h1: number, h2: number, group: Group): void {
    let at = h1 & this.mask
    while (this.groups[at] !== undefined) {
      if (this.first[at] === h1 && this.second[at] === h2) break
      at = (at + 1) & this.mask
    }
    if (this.groups[at] === undefined) this.size++
    this.first[at] = h1
    this.second[at] = h2
    this.groups[at] = group
  }

  grown(): Generation {
    const larger = new Generation(this.capacity * 2)
    this.groups.forEach((group, at) => {
      if (group) larger.set(this.first[at], this.second[at], group)
    })
    return larger
  }
}
