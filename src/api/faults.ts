import * as v from 'valibot'
import type { Fault } from './problem.ts'

/** Faults that one answer names at most. */
export const MOST_FAULTS = 20

/** A JSON pointer (RFC 6901) to a place. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map(key => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** Every fault that a schema found, with where it is. */
export const faultsOf = (
  issues: readonly v.BaseIssue<unknown>[],
  under: readonly PropertyKey[] = [],
): Fault[] =>
  issues.slice(0, MOST_FAULTS).map(issue => ({
    pointer: pointerOf([...under, ...(issue.path ?? []).map(item => item.key as PropertyKey)]),
    detail: issue.expected === 'never' ? 'there is no such field' : issue.message,
  }))

export type Checked<S extends v.GenericSchema> =
  | { value: v.InferOutput<S>; faults?: undefined }
  | { value?: undefined; faults: Fault[] }

/** Validates; gives the value, or every fault. */
export const checkWith = <S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  under: readonly PropertyKey[] = [],
): Checked<S> => {
  const result = v.safeParse(schema, value)
  return result.success ? { value: result.output } : { faults: faultsOf(result.issues, under) }
}
