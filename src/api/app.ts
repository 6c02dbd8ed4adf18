import { Hono } from 'hono'
import { LogbertError } from '../core/errors.ts'
import type { AppDeps } from './deps.ts'
import { answerProblem, ProblemError } from './problem.ts'
import { eventRoutes } from './routes/events.ts'
import { inferRoutes } from './routes/infer.ts'
import { logRoutes } from './routes/logs.ts'
import { pageRoutes } from './routes/page.ts'
import { rcaRoutes } from './routes/rca.ts'
import { statusRoutes } from './routes/status.ts'
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
export const createApp = (deps: AppDeps): Hono => {
  const app = new Hono()
  app.use(async (c, next) => {
    checkOrigin(deps, c.req.header('host'), c.req.header('origin'))
    await next()
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value)
  })
  app.route('/', statusRoutes(deps))
  app.route('/', trainRoutes(deps))
  app.route('/', inferRoutes(deps))
  app.route('/', logRoutes(deps))
  app.route('/', rcaRoutes(deps))
  app.route('/', eventRoutes(deps))
  app.route('/', pageRoutes(deps))
  app.notFound(c =>
    answerProblem(c, {
      status: 404,
      title: 'Not found',
      detail: `there is no ${c.req.method} ${c.req.path}`,
    }),
  )
  app.onError((error, c) => {
    if (error instanceof ProblemError) {
      deps.metrics.refused.inc({ reason: error.reason })
      return answerProblem(c, error.problem)
    }
    if (error instanceof LogbertError) {
      deps.metrics.refused.inc({ reason: error.code.toLowerCase() })
      const status = error.code === 'LIMIT' ? 429 : error.code === 'BAD_BUNDLE' ? 503 : 400
      return answerProblem(c, { status, title: error.code, detail: error.message })
    }
    console.error(error)
    return answerProblem(c, {
      status: 500,
      title: 'Internal error',
      detail: 'this is a fault of the program; its log on stderr says more',
    })
  })
  return app
}

/**
 * Another site's page in the user's browser must not reach a server on loopback: neither directly
 * (Origin) nor through a name that it lets point here (Host).
 */
const checkOrigin = (deps: AppDeps, host: string | undefined, origin: string | undefined): void => {
  const name = host === undefined ? undefined : hostName(`http://${host}`)
  const known = deps.hosts === undefined || name === undefined || deps.hosts.includes(name)
  if (
    known &&
    (origin === undefined || origin === `http://${host}` || origin === `https://${host}`)
  )
    return
  throw new ProblemError('foreign_origin', {
    status: 403,
    title: 'Forbidden',
    detail: known
      ? `requests from pages of ${origin} are not answered`
      : `requests to the host ${name} are not answered`,
  })
}

const hostName = (url: string): string => {
  try {
    return new URL(url).hostname
  } catch {
    return ''
  }
}
