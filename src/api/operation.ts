import type { MiddlewareHandler } from 'hono'
import { type DescribeRouteOptions, resolver, uniqueSymbol } from 'hono-openapi'
import type * as v from 'valibot'
import { demand, type Role } from './auth.ts'
import { problemShape } from './schemas/common.ts'

/** What the app knows of a request. */
export interface AppEnv {
  Variables: {
    role: Role | undefined
    /** Who it is, as far as tokens tell: what decisions are signed with. */
    by: string | undefined
  }
}

export interface Operation {
  summary: string
  description?: string
  tag: string
  /** Who may; everybody when absent. */
  role?: Role
  /** JSON by status, or a whole answer of another type. */
  answers: Record<number, v.GenericSchema | { description: string; type?: string }>
  /** Problems by status beside 401, 403 and 422, with when they come. */
  problems?: Record<number, string>
  /** Where `takesJson` does not say it. */
  requestBody?: NonNullable<DescribeRouteOptions['requestBody']>
  headers?: Record<string, string>
}

/** Says what a route does, for OpenAPI, and lets in who may use it. One place for both. */
export const operation = (spec: Operation): MiddlewareHandler<AppEnv> => {
  const { role } = spec
  const handler: MiddlewareHandler<AppEnv> = async (c, next) => {
    if (role !== undefined) demand(role, c.get('role'))
    await next()
  }
  return Object.assign(handler, { [uniqueSymbol]: { spec: describe(spec) } })
}

const describe = (spec: Operation): DescribeRouteOptions => {
  const { role } = spec
  const who = role === undefined ? 'Open to everybody.' : `Role: ${role}.`
  const denied: Record<number, string> =
    role === undefined
      ? {}
      : { 401: 'No token, or one that nobody has.', 403: 'A role that is not enough.' }
  return {
    summary: spec.summary,
    description: spec.description === undefined ? who : `${spec.description}\n\n${who}`,
    tags: [spec.tag],
    security: role === undefined ? [] : [{ bearer: [role] }],
    ...(spec.requestBody !== undefined && { requestBody: spec.requestBody }),
    ...(spec.headers !== undefined && {
      parameters: Object.entries(spec.headers).map(([name, description]) => ({
        in: 'header',
        name,
        description,
        schema: { type: 'string' as const },
      })),
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(spec.answers).map(([status, answer]) => [status, answerOf(answer)]),
      ),
      ...Object.fromEntries(
        Object.entries({ ...denied, ...spec.problems }).map(([status, description]) => [
          status,
          {
            description,
            content: { 'application/problem+json': { schema: resolver(problemShape) } },
          },
        ]),
      ),
    },
  } as DescribeRouteOptions
}

const answerOf = (answer: Operation['answers'][number]) => {
  if ('kind' in answer) {
    return {
      description: 'Done',
      content: { 'application/json': { schema: resolver(answer) } },
    }
  }
  const { description, type } = answer
  return { description, ...(type !== undefined && { content: { [type]: {} } }) }
}
