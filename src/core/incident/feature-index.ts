import type { Part } from './parts.ts'

/** Who has a feature, with how often and when. */
export interface Holder<O> {
  owner: O
  /** Shared with the owner, who keeps it up to date. */
  part: Part
}

/** Owners by feature: for each feature those who had it last. */
export interface FeatureIndex<O> {
  of(feature: string): readonly Holder<O>[]
  /** Says that an owner had a feature, again or for the first time. */
  touch(feature: string, owner: O, part: Part): void
  drop(feature: string, owner: O): void
}

/** Owners that are known of one feature: with more of them it is everywhere and means little. */
export const MOST_HOLDERS = 16
const NONE: readonly never[] = []

/** @param watch hears of features that get their first owner, or lose their last one */
export const createFeatureIndex = <O>(watch?: {
  add(feature: string): void
  remove(feature: string): void
}): FeatureIndex<O> => {
  const holders = new Map<string, Holder<O>[]>()
  return {
    of: feature => holders.get(feature) ?? NONE,
    touch(feature, owner, part) {
      const list = holders.get(feature)
      if (list === undefined) {
        holders.set(feature, [{ owner, part }])
        watch?.add(feature)
      } else if (!list.some(holder => holder.owner === owner)) {
        list.push({ owner, part })
        if (list.length > MOST_HOLDERS) list.splice(oldestOf(list), 1)
      }
    },
    drop(feature, owner) {
      const list = holders.get(feature)
      const at = list?.findIndex(holder => holder.owner === owner) ?? -1
      if (at >= 0) list!.splice(at, 1)
      if (list?.length !== 0) return
      holders.delete(feature)
      watch?.remove(feature)
    },
  }
}

const oldestOf = <O>(list: readonly Holder<O>[]): number =>
  list.reduce((old, { part }, i) => (part.lastSeen < list[old]!.part.lastSeen ? i : old), 0)
