import { Hono } from 'hono'
import * as v from 'valibot'
import { type BusLag, TOPICS } from '../../bus/bus.ts'
import type { AppDeps } from '../deps.ts'
import { type AppEnv, operation } from '../operation.ts'
import { modelRef, named } from '../schemas/common.ts'

/** A dependency that does not answer within this time is not usable, ms. */
const PATIENCE = 2_000

const healthShape = v.object({
  status: v.literal('ok'),
  model: v.nullable(modelRef),
  queued: v.pipe(v.number(), v.description('Lines in the bus that are not read yet')),
})

const checkShape = v.object({ ok: v.boolean(), reason: v.optional(v.string()) })
const readyShape = named(
  'Readiness',
  v.object({
    ready: v.boolean(),
    checks: v.object({
      model: checkShape,
      pipeline: checkShape,
      bus: checkShape,
      database: checkShape,
    }),
  }),
)

type Check = v.InferOutput<typeof checkShape>

/** Liveness, readiness and what Prometheus scrapes. */
export const statusRoutes = (deps: AppDeps): Hono<AppEnv> => {
  const { metrics, pipeline } = deps
  return new Hono<AppEnv>()
    .get(
      '/healthz',
      operation({ tag: 'Status', summary: 'It lives', answers: { 200: healthShape } }),
      c =>
        c.json({
          status: 'ok' as const,
          model: pipeline.model() ?? null,
          queued: pipeline.stats().lag,
        }),
    )
    .get(
      '/readyz',
      operation({
        tag: 'Status',
        summary: 'Whether it can do its work, and what is in the way',
        answers: { 200: readyShape, 503: readyShape },
      }),
      async c => {
        const checks = {
          model: checkModel(deps),
          pipeline: checkPipeline(deps),
          bus: await checkBus(deps),
          database: checkDatabase(deps),
        }
        const ready = Object.values(checks).every(({ ok }) => ok)
        return c.json({ ready, checks }, ready ? 200 : 503)
      },
    )
    .get(
      '/metrics',
      operation({
        tag: 'Status',
        role: 'viewer',
        summary: 'Figures for Prometheus',
        answers: { 200: { description: 'Text format', type: 'text/plain' } },
      }),
      async c => {
        const { registry } = metrics
        return c.body(await registry.metrics(), 200, { 'content-type': registry.contentType })
      },
    )
}

const checkPipeline = ({ pipeline }: AppDeps): Check => {
  const reason = pipeline.trouble()
  return reason === undefined ? { ok: true } : { ok: false, reason }
}

const checkModel = ({ pipeline, modelName }: AppDeps): Check =>
  pipeline.model() === undefined
    ? { ok: false, reason: `no model ${modelName} is served yet; POST /train first` }
    : { ok: true }

const checkBus = (deps: AppDeps): Promise<Check> =>
  within(PATIENCE, lagOf(deps)).then(
    () => ({ ok: true }),
    error => ({ ok: false, reason: wordsOf(error) }),
  )

export const lagOf = ({ bus, group }: AppDeps): Promise<BusLag[]> => bus.lag(TOPICS.input, group)

const checkDatabase = ({ db }: AppDeps): Check => {
  try {
    db.events.range()
    return { ok: true }
  } catch (error) {
    return { ok: false, reason: wordsOf(error) }
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`)

const within = <T>(ms: number, work: Promise<T>): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  return Promise.race([work, promise]).finally(() => clearTimeout(timer))
}
