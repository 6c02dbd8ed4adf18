import type { MiddlewareHandler } from 'hono'
import { resolver, uniqueSymbol } from 'hono-openapi'
import type * as v from 'valibot'
import { isJson, mediaType, parseJson, readBody } from './body.ts'
import { checkWith } from './faults.ts'
import type { AppEnv } from './operation.ts'
import { badRequest, faulty, wrongType } from './problem.ts'

/** Middleware after which `c.req.valid(target)` is typed. */
type Takes<
  Target extends 'json' | 'query' | 'param',
  S extends v.GenericSchema,
> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { [T in Target]: v.InferInput<S> }; out: { [T in Target]: v.InferOutput<S> } }
>

/** Requests are described as they come in, before transformations. */
const OPTIONS = { options: { typeMode: 'input' } }

const documented = (target: string, schema: v.GenericSchema) => ({
  [uniqueSymbol]: { target, ...resolver(schema, OPTIONS) },
})

/**
 * Reads a JSON body of a bounded size and checks it; faults are all named (422). An absent body is
 * `undefined` to the schema.
 * @param shown what OpenAPI says of it, where the schema is more than a shape
 */
export const takesJson = <S extends v.GenericSchema>(
  schema: S,
  limit: number,
  shown: v.GenericSchema = schema,
): Takes<'json', S> => {
  const handler: Takes<'json', S> = async (c, next) => {
    const type = mediaType(c)
    const bytes = await readBody(c, limit)
    if (!isJson(type) && bytes.length > 0) {
      throw wrongType(`expected content-type application/json, got ${type || 'none'}`)
    }
    const body = bytes.length === 0 ? undefined : parseJson(bytes)
    // No route takes an array, and schemas of objects let one through.
    const { value, faults } = Array.isArray(body)
      ? { faults: [{ pointer: '', detail: 'expected an object' }] }
      : checkWith(schema, body)
    if (faults !== undefined) throw faulty('the request has faults; nothing was done', faults)
    c.req.addValidatedData('json', value as object)
    await next()
  }
  return Object.assign(handler, documented('json', shown))
}

/** Checks the query: unknown names, names given twice and wrong values are faults (400). */
export const takesQuery = <S extends v.GenericSchema>(schema: S): Takes<'query', S> => {
  const handler: Takes<'query', S> = async (c, next) => {
    const given = Object.entries(c.req.queries())
    const twice = given
      .filter(([, values]) => values.length > 1)
      .map(([name]) => ({ pointer: `/${name}`, detail: 'given more than once' }))
    const { value, faults } = checkWith(
      schema,
      Object.fromEntries(given.map(([name, values]) => [name, values[0]])),
    )
    const all = [...twice, ...(faults ?? [])]
    if (all.length > 0) throw badRequest('the query has faults', all)
    c.req.addValidatedData('query', value as object)
    await next()
  }
  return Object.assign(handler, documented('query', schema))
}

/** Checks the names in the path (400). */
export const takesPath = <S extends v.GenericSchema>(schema: S): Takes<'param', S> => {
  const handler: Takes<'param', S> = async (c, next) => {
    const { value, faults } = checkWith(schema, c.req.param())
    if (faults !== undefined) throw badRequest('the path has faults', faults)
    c.req.addValidatedData('param', value as object)
    await next()
  }
  return Object.assign(handler, documented('param', schema))
}
