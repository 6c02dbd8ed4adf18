import * as v from 'valibot'
import { usable as usableText } from '../core/usable.ts'

/** What the documentation says of a key beside its description. */
export interface KeyFacts {
  /** Which values it takes, where the schema alone cannot say it. */
  range?: string
  /** Its value is never shown. */
  secret?: boolean
  [name: string]: unknown
}

export const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))

export const number = (least: number, most: number) =>
  v.pipe(v.number(), v.minValue(least), v.maxValue(most))

export const text = v.pipe(v.string(), v.minLength(1))

/** Text that `use` takes without throwing; what it throws is the fault. */
export const usable = (range: string, use: (value: string) => unknown) =>
  v.pipe(usableText(use), v.metadata({ range } satisfies KeyFacts))

/**
 * A web address without a password in it: secrets come from the environment.
 * @param secrets where they are given
 */
export const endpoint = (example: string, secrets: string) =>
  v.pipe(
    text,
    v.check(
      value => /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
      `is no web address; give one like ${example}`,
    ),
    v.check(value => {
      const url = URL.parse(value)
      return url === null || (url.username === '' && url.password === '')
    }, `holds a name or password; give them in ${secrets} instead`),
    v.check(value => {
      const url = URL.parse(value)
      return url === null || (url.search === '' && url.hash === '')
    }, `holds a query (?…); give the address alone, and a key in ${secrets}`),
    v.metadata({ range: 'http:// or https:// address' } satisfies KeyFacts),
  )

/** A key with its default and what it is for. */
export const key = <const S extends v.GenericSchema, const D extends v.InferInput<S>>(
  schema: S,
  value: D,
  about: string,
) => v.optional(v.pipe(schema, v.description(about)), value)

/** A key that may be left out and has no default. */
export const open = <const S extends v.GenericSchema>(schema: S, about: string) =>
  v.exactOptional(v.pipe(schema, v.description(about)))

/** A section whose keys may all be left out may be left out as a whole. */
export const section = <E extends v.ObjectEntries>(about: string, entries: E) =>
  v.optional(v.pipe(v.strictObject(entries), v.description(about)), {} as never)
