import type { SequenceSet } from '../sequence/sequence-set.ts'

/** Bounds of what training holds at a time. */
const MOST_SEQUENCES = 500_000
const MOST_EVENTS = 20_000_000

/** Folds sessions into distinct sequences while they come; memory grows with the distinct ones. */
export interface SessionSet {
  add(events: readonly number[]): void
  /** Sessions and events so far, those left out included. */
  readonly sessions: number
  readonly events: number
  /** Sessions of sequences for which there was no room. */
  readonly leftOut: number
  /** @param resolve the id that an event has now: templates may have been joined since. */
  toSet(resolve: (id: number) => number): SequenceSet
}

export const createSessionSet = (): SessionSet => {
  const rows = new Map<string, number>()
  let held = 0
  let sessions = 0
  let events = 0
  let leftOut = 0
  return {
    add(sequence) {
      sessions++
      events += sequence.length
      const key = sequence.join(' ')
      const count = rows.get(key)
      if (count === undefined) {
        if (rows.size >= MOST_SEQUENCES || held + sequence.length > MOST_EVENTS) {
          leftOut++
          return
        }
        held += sequence.length
      }
      rows.set(key, (count ?? 0) + 1)
    },
    get sessions() {
      return sessions
    },
    get events() {
      return events
    },
    get leftOut() {
      return leftOut
    },
    toSet(resolve) {
      const folded = new Map<string, { sequence: number[]; weight: number }>()
      for (const [key, count] of rows) {
        const sequence = key.split(' ').map(id => resolve(Number(id)))
        const name = sequence.join(' ')
        const row = folded.get(name) ?? { sequence, weight: 0 }
        row.weight += count
        folded.set(name, row)
      }
      const list = [...folded.values()]
      return {
        sequences: list.map(({ sequence }) => sequence),
        weights: list.map(({ weight }) => weight),
      }
    },
  }
}
