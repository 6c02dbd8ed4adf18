import type * as v from 'valibot'
import { entriesOf, itemOf, keyRows } from './keys.ts'
import { nearest } from './nearest.ts'

export interface ConfigFault {
  path: string
  why: string
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every key that the schema does not have, at any depth, with the one that was probably meant. */
export const unknownKeys = (
  schema: v.GenericSchema,
  given: unknown,
  path: readonly string[] = [],
): ConfigFault[] => {
  const item = itemOf(schema)
  if (item !== undefined && Array.isArray(given)) {
    return given.flatMap((each, i) => unknownKeys(item, each, [...path, `${i}`]))
  }
  const entries = entriesOf(schema)
  if (entries === undefined || !isRecord(given)) return []
  return Object.entries(given).flatMap(([name, value]) => {
    if (Object.hasOwn(entries, name)) {
      return unknownKeys(entries[name] as v.GenericSchema, value, [...path, name])
    }
    const meant = meantBy([...path, name], Object.keys(entries))
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    return [{ path: [...path, name].join('.'), why: `there is no such key${hint}` }]
  })
}

/** The known key nearest to a path: beside it, else one of the same name anywhere. */
export const meantBy = (
  path: readonly string[],
  siblings: readonly string[],
): string | undefined => {
  const name = path.at(-1)!
  const beside = nearest(name, siblings)
  if (beside !== undefined) return [...path.slice(0, -1), beside].join('.')
  const last = (key: string): string => key.slice(key.lastIndexOf('.') + 1)
  const all = keyRows().map(row => row.path)
  const elsewhere = nearest(name, all.map(last))
  return all.find(key => last(key) === elsewhere)
}
