import { Hono } from 'hono'
import type { AppDeps } from '../deps.ts'
import { ProblemError } from '../problem.ts'
import { readItems, toLines } from '../read-body.ts'

/** Lines on their way to the detector: text, NDJSON or a JSON array; all of a request or none. */
export const logRoutes = (deps: AppDeps): Hono =>
  new Hono().post('/logs', async c => {
    const { items, pointer } = await readItems(c, deps.limits.maxBodyBytes)
    const lines = toLines(items, pointer, deps, c.req.query('source') ?? 'http')
    if (!deps.sink.offer(lines)) {
      throw new ProblemError('queue_full', {
        status: 503,
        title: 'Queue is full',
        detail: `${deps.sink.queued} lines wait for the detector; none of these was taken, send them again later`,
      })
    }
    return c.json({ accepted: lines.length }, 202)
  })
