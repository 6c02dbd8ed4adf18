import { Hono } from 'hono'
import type { AppDeps } from '../deps.ts'
import type { AppEnv } from '../operation.ts'

/** The page and its parts. */
export const pageRoutes = (deps: AppDeps): Hono<AppEnv> =>
  new Hono<AppEnv>().get('/*', async (c, next) => {
    const file = await deps.asset(c.req.path === '/' ? '/index.html' : c.req.path)
    if (file === undefined) return next()
    return c.body(file.body, 200, { 'content-type': file.type, 'cache-control': 'no-cache' })
  })
