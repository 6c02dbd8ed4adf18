import { Hono } from 'hono'
import { docsPage } from '../docs-page.ts'
import { type AppEnv, operation } from '../operation.ts'

/** The description of all this: as OpenAPI, and as a page made from it. */
export const docsRoutes = (describe: () => Promise<Record<string, unknown>>): Hono<AppEnv> => {
  let document: Promise<Record<string, unknown>> | undefined
  const once = () => {
    document ??= describe()
    return document
  }
  return new Hono<AppEnv>()
    .get(
      '/openapi.json',
      operation({
        tag: 'Status',
        summary: 'This interface as OpenAPI 3.1',
        answers: { 200: { description: 'The document', type: 'application/json' } },
      }),
      async c => c.json(await once()),
    )
    .get(
      '/docs',
      operation({
        tag: 'Status',
        summary: 'This interface as a page',
        answers: { 200: { description: 'The page', type: 'text/html' } },
      }),
      async c => c.html(docsPage(await once())),
    )
}
