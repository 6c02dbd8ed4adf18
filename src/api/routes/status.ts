import { Hono } from 'hono'
import type { AppDeps } from '../deps.ts'

/** Liveness and what Prometheus scrapes. */
export const statusRoutes = (deps: AppDeps): Hono =>
  new Hono()
    .get('/healthz', c =>
      c.json({ status: 'ok', model: deps.model() ?? null, queued: deps.sink.queued }),
    )
    .get('/metrics', async c => {
      deps.metrics.queued.set(deps.sink.queued)
      const { registry } = deps.metrics
      return c.body(await registry.metrics(), 200, { 'content-type': registry.contentType })
    })
