import * as v from 'valibot'
import type { KeyFacts } from './kinds.ts'
import { rangeOf } from './range.ts'
import { schema } from './schema.ts'

export interface KeyRow {
  /** `server.port`. */
  path: string
  kind: 'section' | 'key'
  about: string
  /** Values that it takes, in words; empty for sections. */
  range: string
  /** Undefined where there is none. */
  fallback: unknown
  secret: boolean
}

/** The schema below `optional`. */
export const bare = (given: v.GenericSchema): v.GenericSchema => {
  let at = given
  while ('wrapped' in at) at = at.wrapped as v.GenericSchema
  return at
}

/** Keys of a section; undefined where the schema is none. */
export const entriesOf = (given: v.GenericSchema): v.ObjectEntries | undefined =>
  (bare(given) as { entries?: v.ObjectEntries }).entries

/** What the items of a list are; undefined where the schema is no list. */
export const itemOf = (given: v.GenericSchema): v.GenericSchema | undefined =>
  (bare(given) as { item?: v.GenericSchema }).item

export const factsOf = (given: v.GenericSchema): KeyFacts => v.getMetadata(bare(given) as never)

/** The schema of a path; items of a list are named by their number. */
export const schemaAt = (
  root: v.GenericSchema,
  path: readonly string[],
): v.GenericSchema | undefined => {
  let at: v.GenericSchema | undefined = root
  for (const name of path) {
    if (at === undefined) return undefined
    const entries = entriesOf(at)
    if (entries === undefined) at = itemOf(at)
    else at = Object.hasOwn(entries, name) ? (entries[name] as v.GenericSchema) : undefined
  }
  return at
}

/** All sections and keys, in the order of the schema. */
export const keyRows = (root: v.GenericSchema = schema, path = ''): KeyRow[] =>
  Object.entries(entriesOf(root) ?? {}).flatMap(([name, entry]) => {
    const given = entry as v.GenericSchema
    const own = path === '' ? name : `${path}.${name}`
    const about = v.getDescription(bare(given) as never) ?? ''
    if (entriesOf(given) !== undefined) {
      const row = { path: own, about, range: '', fallback: undefined, secret: false }
      return [{ ...row, kind: 'section' as const }, ...keyRows(given, own)]
    }
    return {
      path: own,
      kind: 'key' as const,
      about,
      range: rangeOf(bare(given)),
      fallback: v.getDefault(given as never),
      secret: factsOf(given).secret === true,
    }
  })
