import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { LogbertError } from '../core/errors.ts'
import { createAuthenticator, hasTokens } from './auth.ts'
import type { AppDeps } from './deps.ts'
import { createEventStreams } from './event-stream.ts'
import { observe } from './metrics.ts'
import { describeApp } from './openapi.ts'
import type { AppEnv } from './operation.ts'
import { checkOrigin, LOOPBACK } from './origin.ts'
import { answerProblem, type Problem, ProblemError, problemOf } from './problem.ts'
import { anomalyRoutes } from './routes/anomalies.ts'
import { docsRoutes } from './routes/docs.ts'
import { eventRoutes } from './routes/events.ts'
import { incidentRoutes } from './routes/incidents.ts'
import { inferRoutes } from './routes/infer.ts'
import { logRoutes } from './routes/logs.ts'
import { modelFlowRoutes } from './routes/model-flow.ts'
import { modelRoutes } from './routes/models.ts'
import { pageRoutes } from './routes/page.ts'
import { rcaRoutes } from './routes/rca.ts'
import { rcaFeedbackRoutes } from './routes/rca-feedback.ts'
import { lagOf, statusRoutes } from './routes/status.ts'
import { suppressionRoutes } from './routes/suppressions.ts'
import { templateRoutes } from './routes/templates.ts'
import { trainRoutes } from './routes/train.ts'

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** The whole HTTP interface; everything it needs is passed in. */
export const createApp = (deps: AppDeps): Hono<AppEnv> => {
  const { auth, metrics, pipeline } = deps
  observe(metrics, {
    stats: pipeline.stats,
    model: pipeline.model,
    lag: () => lagOf(deps),
    ...(deps.sortedLag && { sortedLag: deps.sortedLag }),
  })
  const { roleOf } = createAuthenticator(auth)
  const closed = hasTokens(auth)
  const hosts = deps.hosts ?? (closed ? undefined : LOOPBACK)
  const streams = createEventStreams(deps)
  const app = new Hono<AppEnv>()
  app.use(async (c, next) => {
    checkOrigin(hosts, c.req.header('host'), c.req.header('origin'))
    const role = roleOf(c.req.header('authorization'))
    c.set('role', role)
    c.set('by', closed ? role : undefined)
    await next()
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value)
  })
  const status = statusRoutes(deps)
  for (const routes of deps.statusOnly === true
    ? [status]
    : [
        status,
        logRoutes(deps),
        inferRoutes(deps),
        eventRoutes(deps, streams),
        anomalyRoutes(deps),
        incidentRoutes(deps),
        suppressionRoutes(deps),
        rcaRoutes(deps),
        rcaFeedbackRoutes(deps),
        templateRoutes(deps),
        trainRoutes(deps, streams),
        modelRoutes(deps),
        modelFlowRoutes(deps),
        docsRoutes(() => describeApp(app)),
        pageRoutes(deps),
      ]) {
    app.route('/', routes)
  }
  app.notFound(c =>
    answerProblem(c, {
      status: 404,
      title: 'Not found',
      detail:
        deps.statusOnly === true
          ? `there is no ${c.req.method} ${c.req.path} here: this is a worker; ask an API node`
          : `there is no ${c.req.method} ${c.req.path}; GET /docs lists what there is`,
    }),
  )
  app.onError((error, c) => {
    const { reason, problem } = told(error)
    metrics.refused.inc({ reason })
    return answerProblem(c, problem)
  })
  return app
}

const FAULT: Problem = {
  status: 500,
  title: 'Internal error',
  detail: 'this is a fault of the program; its log on stderr says more',
}

const told = (error: Error): { reason: string; problem: Problem } => {
  if (error instanceof ProblemError) return error
  if (error instanceof LogbertError) return problemOf(error)
  if (error instanceof HTTPException) {
    return { reason: 'http', problem: { status: 400, title: 'Bad request', detail: error.message } }
  }
  console.error(error)
  return { reason: 'fault', problem: FAULT }
}
