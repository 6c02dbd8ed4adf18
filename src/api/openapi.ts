import type { Hono } from 'hono'
import { generateSpecs, resolver } from 'hono-openapi'
import type { AppEnv } from './operation.ts'
import { problemShape } from './schemas/common.ts'

const TAGS: Record<string, string> = {
  Lines: 'Lines on their way in, and lines that are scored by themselves',
  Events: 'What happens, as it happens',
  Anomalies: 'What was found',
  Incidents: 'Anomalies that belong together',
  'Root causes': 'Where trouble began',
  Feedback: 'What people say of anomalies',
  Suppressions: 'Rules that hide anomalies',
  Templates: 'What the parser made of the lines',
  Training: 'New versions of models',
  Models: 'Versions of models',
  Status: 'Whether it works, and how',
}

const ABOUT =
  'Learns what a system’s logs normally look like, and says which line is odd and why.\n\n' +
  'Roles: a viewer reads; an operator also sends lines, judges anomalies, changes incidents and ' +
  'suppressions, and asks for root causes; an admin also trains, promotes models and edits ' +
  'templates. Without tokens everybody may everything, from this machine only.\n\n' +
  'Errors are problem details (RFC 9457): 400 for what cannot be read, 422 for what was read and ' +
  'has faults, each with its JSON pointer. Lists answer `{items, next}`; `?cursor=` takes `next`.'

const BY_BODY: Record<string, string> = {
  400: 'The body cannot be read as what it says it is, or was cut off.',
  413: 'It is larger than the limit, packed or unpacked, or holds too many lines.',
  415: 'A content type or encoding that is not known.',
  422: 'It was read and has faults; each is named.',
}
const BY_QUERY: Record<string, string> = { 400: 'The query or path has faults; each is named.' }
const ALWAYS: Record<string, string> = {
  429: 'Too much at once; again after `Retry-After`.',
  500: 'A fault of the program.',
}

interface OperationObject {
  parameters?: unknown[]
  requestBody?: unknown
  responses: Record<string, unknown>
}

/** The OpenAPI 3.1 document of an app, from the schemas that its routes validate with. */
export const describeApp = async (app: Hono<AppEnv>): Promise<Record<string, unknown>> => {
  const document = await generateSpecs(app, {
    excludeStaticFile: false,
    defaultValidationErrorResponse: false,
    documentation: {
      openapi: '3.1.0',
      info: { title: 'LogBERT Edge', version: '1', description: ABOUT },
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
        responses: {
          Problem: {
            description: 'Problem details',
            content: { 'application/problem+json': { schema: resolver(problemShape) } },
          },
        },
      },
    },
  })
  for (const path of Object.values(document.paths)) {
    for (const each of Object.values(path)) addProblems(each as OperationObject)
  }
  return document
}

const addProblems = (operation: OperationObject): void => {
  const { requestBody, parameters, responses } = operation
  const more = {
    ...(parameters !== undefined && BY_QUERY),
    ...(requestBody !== undefined && BY_BODY),
    ...ALWAYS,
  }
  for (const [status, description] of Object.entries(more)) {
    responses[status] ??= {
      description,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }
  }
}
