import { LogbertError } from '../errors.ts'

/** Versioned JSON of the names (`templates.json` of a model that was trained on sequences). */
export interface EventNamesSnapshot {
  kind: 'events/1'
  names: string[]
}

/** Numbers for the names of events in files of sequences, in order of first appearance. */
export interface EventNames {
  /** A new number for a new name. */
  idOf(name: string): number
  nameOf(id: number): string | undefined
  snapshot(): EventNamesSnapshot
}

/** Names that are remembered; beyond, new ones share one number. */
const MOST = 1_000_000

/** @throws LogbertError BAD_BUNDLE when the snapshot is damaged or of another version. */
export const createEventNames = (snapshot?: unknown): EventNames => {
  const names = snapshot === undefined ? [] : [...check(snapshot).names]
  const ids = new Map(names.map((name, id) => [name, id]))
  return {
    idOf(name) {
      const known = ids.get(name)
      if (known !== undefined) return known
      if (names.length >= MOST) return MOST
      ids.set(name, names.length)
      return names.push(name) - 1
    },
    nameOf: id => names[id],
    snapshot: () => ({ kind: 'events/1', names: [...names] }),
  }
}

const check = (snapshot: unknown): EventNamesSnapshot => {
  const { kind, names } = (snapshot ?? {}) as Partial<EventNamesSnapshot>
  const sound =
    kind === 'events/1' && Array.isArray(names) && names.every(name => typeof name === 'string')
  if (sound) return snapshot as EventNamesSnapshot
  throw new LogbertError(
    'BAD_BUNDLE',
    `reading the names of events failed: their kind is ${JSON.stringify(kind)}, this program ` +
      'reads "events/1"; train again, or use the version that wrote it',
  )
}
