import { Hono } from 'hono'
import * as v from 'valibot'
import type { AppDeps, TrainRequest } from '../deps.ts'
import { badRequest, ProblemError, tooLarge } from '../problem.ts'
import { readJson } from '../read-body.ts'

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))
const name = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'Expected a plain name'),
)
const options = {
  name: v.optional(name),
  format: v.optional(v.picklist(['auto', 'lines', 'events'])),
  session: v.optional(v.pipe(v.string(), v.minLength(1))),
  epochs: v.optional(whole(0, 10_000)),
  seed: v.optional(whole(0, 0xffff_ffff)),
  budget: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(0.5))),
  window: v.optional(whole(1, 10_000)),
}
const byFile = v.strictObject({ file: v.pipe(v.string(), v.minLength(1)), ...options })
const byUpload = v.strictObject(options)

/**
 * Trains in the background: `{"file": …}` below the data folder, or the log itself as the body
 * (text/plain or application/octet-stream, .gz and .zst too) with the options in the query.
 */
export const trainRoutes = (deps: AppDeps): Hono =>
  new Hono()
    .post('/train', async c => {
      const json = (c.req.header('content-type') ?? '').includes('json')
      const { file, ...given } = json
        ? check(byFile, await readJson(c, deps.limits.maxBodyBytes))
        : { file: 'upload', ...check(byUpload, numbers(c.req.query())) }
      const path = json ? await locate(deps, file) : await keep(deps, c.req.raw)
      const job = deps.trainer.start(complete(deps.trainDefaults, given, path), file)
      return c.json(job, 202, { location: `/train/${job.id}` })
    })
    .get('/train', c => c.json(deps.trainer.list()))
    .get('/train/:id', c => c.json(find(deps, c.req.param('id'))))
    .delete('/train/:id', c => {
      const { id } = find(deps, c.req.param('id'))
      deps.trainer.cancel(id)
      return c.json(find(deps, id))
    })

const find = (deps: AppDeps, id: string) => {
  const job = deps.trainer.get(id)
  if (job !== undefined) return job
  throw new ProblemError('no_job', {
    status: 404,
    title: 'No such job',
    detail: `there is no training job ${id}; GET /train lists them`,
  })
}

const check = <S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> => {
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  throw badRequest(
    'the training request has faults',
    result.issues.map(issue => ({
      pointer: `/${(v.getDotPath(issue) ?? '').replaceAll('.', '/')}`,
      detail: issue.expected === 'never' ? 'there is no such option' : issue.message,
    })),
  )
}

const numbers = (query: Record<string, string>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(query).map(([key, value]) => [
      key,
      ['epochs', 'seed', 'budget', 'window'].includes(key) ? Number(value) : value,
    ]),
  )

const complete = (
  defaults: Omit<TrainRequest, 'path'>,
  given: { [K in keyof TrainRequest]?: TrainRequest[K] | undefined },
  path: string,
): TrainRequest => ({
  path,
  name: given.name ?? defaults.name,
  format: given.format ?? defaults.format,
  session: given.session ?? defaults.session,
  epochs: given.epochs ?? defaults.epochs,
  seed: given.seed ?? defaults.seed,
  budget: given.budget ?? defaults.budget,
  ...windowOf(given.window ?? defaults.window),
})

const windowOf = (window: number | undefined) => (window === undefined ? {} : { window })

const locate = async (deps: AppDeps, file: string): Promise<string> => {
  const path = await deps.trainer.locate(file)
  if (path !== undefined) return path
  throw badRequest('the training request has faults', [
    { pointer: '/file', detail: `there is no file ${file} in the data folder (paths.data)` },
  ])
}

const keep = async (deps: AppDeps, request: Request): Promise<string> => {
  if (request.body === null) throw badRequest('the body is empty; send a log or {"file": …}')
  const path = await deps.trainer.keep(request.body)
  if (path !== undefined) return path
  throw tooLarge('upload_too_large', 'the upload is larger than server.maxUploadBytes')
}
