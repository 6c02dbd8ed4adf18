import type { Hono } from 'hono'
import type { AppEnv } from '../../src/api/operation.ts'

/** A JSON Schema, as far as the document uses it. */
interface Schema {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
}

interface Document {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema?: Schema }> }> }>
  >
  components: { schemas: Record<string, Schema> }
}

const documents = new WeakMap<object, Promise<Document>>()

export const documentOf = (app: Hono<AppEnv>): Promise<Document> => {
  let document = documents.get(app)
  if (document === undefined) {
    document = Promise.resolve(app.request('/openapi.json')).then(
      answer => answer.json() as Promise<Document>,
    )
    documents.set(app, document)
  }
  return document
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

/** What is wrong with a value, by JSON pointer; empty when it is as the schema says. */
export const faultsAgainst = (
  schema: Schema,
  value: unknown,
  document: Document,
  at = '',
): string[] => {
  const against = (each: Schema, inner: unknown, place: string) =>
    faultsAgainst(each, inner, document, place)
  if (schema.$ref !== undefined) {
    const target = document.components.schemas[schema.$ref.split('/').at(-1)!]
    return target === undefined ? [`${at}: no ${schema.$ref}`] : against(target, value, at)
  }
  const choices = schema.anyOf ?? schema.oneOf
  if (choices?.every(each => against(each, value, at).length > 0)) {
    return [`${at}: none of ${choices.length} forms: ${JSON.stringify(value)}`]
  }
  const faults = (schema.allOf ?? []).flatMap(each => against(each, value, at))
  const type = typeOf(value)
  const types = schema.type === undefined ? [] : [schema.type].flat()
  const whole = type === 'number' && Number.isInteger(value)
  if (types.length > 0 && !types.includes(type) && !(whole && types.includes('integer'))) {
    return [...faults, `${at}: ${type} instead of ${types.join(' or ')}`]
  }
  if (schema.const !== undefined && schema.const !== value) faults.push(`${at}: not the constant`)
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    faults.push(`${at}: ${JSON.stringify(value)} is none of ${schema.enum}`)
  }
  if (type === 'array' && schema.items !== undefined) {
    const { items } = schema
    for (const [i, each] of (value as unknown[]).entries()) {
      faults.push(...against(items, each, `${at}/${i}`))
    }
  }
  if (type !== 'object') return faults
  const object = value as Record<string, unknown>
  for (const name of schema.required ?? []) {
    if (!(name in object)) faults.push(`${at}/${name}: missing`)
  }
  for (const [name, each] of Object.entries(object)) {
    const own = schema.properties?.[name]
    if (own !== undefined) faults.push(...against(own, each, `${at}/${name}`))
    else if (schema.additionalProperties === false) faults.push(`${at}/${name}: not described`)
    else if (typeof schema.additionalProperties === 'object') {
      faults.push(...against(schema.additionalProperties, each, `${at}/${name}`))
    }
  }
  return faults
}

/** Throws when an answer is not as the document promises. `path` is that of the document. */
export const checkAnswer = async (
  app: Hono<AppEnv>,
  method: string,
  path: string,
  response: Response,
  body: unknown,
): Promise<void> => {
  const document = await documentOf(app)
  const operation = document.paths[path]?.[method.toLowerCase()]
  const answer = operation?.responses[response.status]
  const media = response.headers.get('content-type')?.split(';')[0] ?? ''
  const schema = answer?.content?.[media]?.schema
  if (schema === undefined)
    throw new Error(`${method} ${path} promises no ${response.status} ${media}`)
  const faults = faultsAgainst(schema, body, document)
  if (faults.length > 0) throw new Error(`${method} ${path}: ${faults.join('; ')}`)
}
