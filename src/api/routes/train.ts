import { type Context, Hono } from 'hono'
import { resolver } from 'hono-openapi'
import * as v from 'valibot'
import {
  trainBodySchema,
  trainOptionsOfQuery,
  trainOptionsSchema,
} from '../../core/pipeline/learn-schema.ts'
import { bodyCut, isJson, mediaType, parseJson, readBody } from '../body.ts'
import type { AppDeps } from '../deps.ts'
import { type EventStreams, encodeEvent, type NextBytes } from '../event-stream.ts'
import { checkWith } from '../faults.ts'
import { given } from '../given.ts'
import { type AppEnv, operation } from '../operation.ts'
import { badRequest, faulty, notFound, ProblemError, tooLarge, wrongType } from '../problem.ts'
import { listText, pageOf, pageQuery } from '../schemas/common.ts'
import { JOB_STATES, jobShape } from '../schemas/job.ts'
import { takesQuery } from '../takes.ts'
import type { TrainJob, TrainRequest } from '../train-service.ts'

const UPLOADS = new Set([
  ...['text/plain', 'text/csv', 'application/octet-stream', 'application/x-ndjson'],
  ...['application/gzip', 'application/x-gzip', 'application/zstd', 'application/jsonl'],
])
const binary = { schema: { type: 'string' as const, format: 'binary' } }
const asked = { options: { typeMode: 'input' } }
const listQuery = v.strictObject({
  ...pageQuery,
  states: v.optional(listText(JOB_STATES, 'Only jobs in these states.')),
})
const faults = (found: Parameters<typeof faulty>[1]) =>
  faulty('the training request has faults; no job was made', found)

/** Training in the background. */
export const trainRoutes = (deps: AppDeps, streams: EventStreams): Hono<AppEnv> =>
  new Hono<AppEnv>()
    .post(
      '/train',
      operation({
        tag: 'Training',
        role: 'admin',
        summary: 'Trains a new version of a model',
        description:
          'As JSON: a file below the data folder, objects on S3 (`s3://bucket/prefix*.log*`) or a ' +
          'stretch of the bus, with options. As anything else: the body is the log, plain or ' +
          'packed (gzip, Zstandard), and the same options are in the query ' +
          '(`?epochs=5&network.hidden=64`).',
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: resolver(trainBodySchema, asked) },
            'text/plain': binary,
            'application/octet-stream': binary,
            'application/gzip': binary,
            'application/zstd': binary,
          },
        },
        answers: { 202: jobShape },
        problems: { 429: 'Too many jobs wait, or the disk is full.' },
      }),
      async c => {
        const job = await deps.trainer.start(await readRequest(c, deps))
        return c.json(job, 202, { location: `/train/${job.id}` })
      },
    )
    .get(
      '/train',
      operation({
        tag: 'Training',
        role: 'viewer',
        summary: 'Training jobs, newest first',
        answers: { 200: pageOf(jobShape) },
      }),
      takesQuery(listQuery),
      c => c.json(deps.trainer.list(given(c.req.valid('query')))),
    )
    .get(
      '/train/:id',
      operation({
        tag: 'Training',
        role: 'viewer',
        summary: 'One job, with how far it is',
        answers: { 200: jobShape },
        problems: { 404: 'There is no such job.' },
      }),
      c => c.json(find(deps, c.req.param('id'))),
    )
    .get(
      '/train/:id/events',
      operation({
        tag: 'Training',
        role: 'viewer',
        summary: 'Follows a job until it ends',
        description: 'An event `train` with the whole job at once and whenever it has changed.',
        answers: { 200: { description: 'Ends with the job', type: 'text/event-stream' } },
        problems: { 404: 'There is no such job.', 503: 'Too many clients listen.' },
      }),
      c => streams.open(c, follow(deps, find(deps, c.req.param('id')).id)),
    )
    .delete(
      '/train/:id',
      operation({
        tag: 'Training',
        role: 'admin',
        summary: 'Cancels a job that waits or runs',
        description: 'One that has ended, or whose model is published already, stays what it is.',
        answers: { 200: jobShape },
        problems: { 404: 'There is no such job.' },
      }),
      async c =>
        c.json((await deps.trainer.cancel(c.req.param('id'))) ?? missing(c.req.param('id'))),
    )

const missing = (id: string): never => {
  throw notFound(`there is no training job ${id}; GET /train lists them`)
}

const find = (deps: AppDeps, id: string): TrainJob => deps.trainer.get(id) ?? missing(id)

/** The job whenever it has changed; ends after its last state. */
const follow = (deps: AppDeps, id: string) => {
  let told = ''
  let over = false
  return (): NextBytes | undefined => {
    const job = over ? undefined : deps.trainer.get(id)
    if (job === undefined) return undefined
    const text = JSON.stringify(job)
    if (text === told) return { bytes: new Uint8Array(0), more: false }
    told = text
    over = job.state !== 'waiting' && job.state !== 'running'
    return { bytes: encodeEvent('train', job), more: over }
  }
}

const readRequest = async (c: Context, deps: AppDeps): Promise<TrainRequest> => {
  const type = mediaType(c)
  const query = c.req.query()
  if (!isJson(type)) return uploadOf(c, deps, type, query)
  const [extra] = Object.keys(query)
  if (extra !== undefined) {
    const detail = 'options of a JSON request belong into its body'
    throw badRequest('the query has faults', [{ pointer: `/${extra}`, detail }])
  }
  const body = parseJson(await readBody(c, deps.limits.maxBodyBytes))
  const checked = checkWith(trainBodySchema, body)
  if (checked.faults !== undefined) throw faults(checked.faults)
  const { file, bus, ...options } = checked.value
  return { source: file !== undefined ? { file } : { bus: bus! }, options }
}

const uploadOf = (
  c: Context,
  { limits }: AppDeps,
  type: string,
  query: Record<string, string>,
): TrainRequest => {
  if (!UPLOADS.has(type)) {
    throw wrongType(
      `the content-type ${type || '(none)'} is not known; send application/json to name a file, ` +
        'or the log itself as text/plain or application/octet-stream',
    )
  }
  const { value: options, faults: found } = checkWith(
    trainOptionsSchema,
    trainOptionsOfQuery(query),
  )
  if (found !== undefined) throw faults(found)
  const announced = c.req.header('content-length')
  const bytes = announced === undefined ? undefined : Number(announced)
  const { body } = c.req.raw
  if (body === null || bytes === 0)
    throw badRequest('the body is empty; send a log or a JSON object')
  if ((bytes ?? 0) > limits.maxUploadBytes) throw uploadTooLarge(limits.maxUploadBytes)
  const upload = bounded(body, limits.maxUploadBytes)
  return { source: { upload, ...(bytes !== undefined && { bytes }) }, options }
}

const uploadTooLarge = (limit: number) =>
  tooLarge('upload_too_large', `the upload is larger than ${limit} bytes (server.maxUploadBytes)`)

async function* bounded(
  body: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<Uint8Array> {
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > limit) throw uploadTooLarge(limit)
      yield chunk
    }
  } catch (error) {
    throw error instanceof ProblemError ? error : bodyCut(size)
  }
}
