import * as v from 'valibot'

/** Names a schema in OpenAPI's components. */
export const named = <S extends v.GenericSchema>(ref: string, schema: S) =>
  v.pipe(schema, v.metadata({ ref }))

export const problemShape = named(
  'Problem',
  v.strictObject({
    type: v.string(),
    status: v.number(),
    title: v.string(),
    detail: v.string(),
    errors: v.optional(
      v.array(
        v.strictObject({
          pointer: v.pipe(v.string(), v.description('JSON pointer (RFC 6901) of the fault')),
          detail: v.string(),
        }),
      ),
    ),
  }),
)

/** A whole number of a query. */
export const wholeText = (least: number, most: number, about: string) =>
  v.pipe(
    v.string(),
    v.check(
      text => /^\d{1,16}$/.test(text) && Number(text) >= least && Number(text) <= most,
      `Expected a whole number from ${least} to ${most}`,
    ),
    shown({ type: 'integer', minimum: least, maximum: most }),
    v.description(about),
    v.transform(Number),
  )

export const numberText = (about: string) =>
  v.pipe(
    v.string(),
    v.check(text => /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text), 'Expected a number'),
    shown({ type: 'number' }),
    v.description(about),
    v.transform(Number),
  )

/** What OpenAPI says of a text of a query that stands for something else. */
const shown = (as: Record<string, unknown>) => v.metadata<string, typeof as>(as)

/** Latest time that a Date can hold, epoch ms. */
const MOST_TIME = 8.64e15
const timeOf = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Date.parse(text))
const TIME = 'Expected epoch milliseconds or ISO 8601'

/** A time of a query, as epoch ms. */
export const timeText = (about: string) =>
  v.pipe(
    v.string(),
    v.maxLength(40, TIME),
    v.check(text => timeOf(text) <= MOST_TIME, TIME),
    v.description(`${about} Epoch milliseconds or ISO 8601.`),
    v.transform(timeOf),
  )

/** A list with commas in a query. */
export const listText = <const T extends readonly string[]>(values: T, about: string) =>
  v.pipe(
    v.string(),
    v.description(`${about} With commas: ${values.join(', ')}.`),
    v.transform(text => text.split(',').map(each => each.trim())),
    v.array(v.picklist(values, `Expected some of: ${values.join(', ')}`)),
  )

export const flagText = (about: string) =>
  v.pipe(
    v.picklist(['true', 'false'], 'Expected true or false'),
    v.description(about),
    v.transform(text => text === 'true'),
  )

export const words = (most: number, about: string) =>
  v.pipe(
    v.string(),
    v.minLength(1, 'Expected at least one character'),
    v.maxLength(most, `Expected at most ${most} characters`),
    v.description(about),
  )

/** What every list takes. */
export const pageQuery = {
  limit: v.optional(wholeText(1, 1000, 'Most items of the page; 50 when absent.')),
  cursor: v.optional(words(2000, 'What the page before gave as `next`.')),
}

/** What every list answers. */
export const pageOf = <S extends v.GenericSchema>(item: S) =>
  v.strictObject({
    items: v.array(item),
    next: v.pipe(v.nullable(v.string()), v.description('Goes on as `?cursor=`; null at the end')),
  })

export const epochMs = (about: string) =>
  v.pipe(v.number(), v.description(`${about}, epoch milliseconds`))

export const counts = v.record(v.string(), v.number())

export const modelName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'Expected a plain name'),
  v.description('Name of a model'),
)

export const modelRef = named('ModelRef', v.strictObject({ name: v.string(), version: v.string() }))

/** Lets only schemas through that take every value of a type: what is documented holds for what is. */
export const shapeOf =
  <T>() =>
  <S extends v.GenericSchema>(schema: T extends v.InferInput<S> ? S : never): S =>
    schema
