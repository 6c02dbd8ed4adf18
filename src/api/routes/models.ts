import { Hono } from 'hono'
import * as v from 'valibot'
import type { ModelVersion } from '../../core/store/registry.ts'
import type { AppDeps } from '../deps.ts'
import { given } from '../given.ts'
import { type AppEnv, operation } from '../operation.ts'
import { pageOfItems } from '../paging.ts'
import { notFound } from '../problem.ts'
import { modelName, pageOf, pageQuery, words } from '../schemas/common.ts'
import { modelStatus, modelVersionShape } from '../schemas/model.ts'
import { takesJson, takesQuery } from '../takes.ts'

const nameQuery = v.strictObject({ name: v.optional(modelName) })
const listQuery = v.strictObject({ ...pageQuery, name: v.optional(modelName) })

const promoteBody = v.optional(
  v.strictObject({
    name: v.optional(modelName),
    expected: v.optional(
      v.pipe(
        v.nullable(words(100, 'A version')),
        v.description('What `latest` must name still, null for nothing; anything when absent'),
      ),
    ),
  }),
  {},
)
const rollbackBody = v.optional(v.strictObject({ name: v.optional(modelName) }), {})

/** Versions of models, and which one is served. */
export const modelRoutes = (deps: AppDeps): Hono<AppEnv> => {
  const { registry, limits, pipeline } = deps
  return new Hono<AppEnv>()
    .get(
      '/model/status',
      operation({
        tag: 'Models',
        role: 'viewer',
        summary: 'What is served, and how the pipeline does',
        answers: { 200: modelStatus },
      }),
      async c => {
        const served = pipeline.model() ?? null
        const name = deps.modelName
        const named = async (channel: 'latest' | 'previous' | 'candidate') =>
          (await registry.resolve(name, channel)) ?? null
        const versions = served === null ? [] : await registry.list(served.name)
        const own = versions.find(({ manifest }) => manifest.version === served?.version)
        return c.json({
          served,
          channels: {
            latest: await named('latest'),
            previous: await named('previous'),
            candidate: await named('candidate'),
          },
          manifest: own?.manifest ?? null,
          pipeline: pipeline.stats(),
        })
      },
    )
    .get(
      '/models',
      operation({
        tag: 'Models',
        role: 'viewer',
        summary: 'Versions of all models or of one, newest first',
        answers: { 200: pageOf(modelVersionShape) },
      }),
      takesQuery(listQuery),
      async c => {
        const { name, ...page } = c.req.valid('query')
        const versions = await registry.list(name)
        return c.json(pageOfItems('models', versions, keyOf, given(page)))
      },
    )
    .post(
      '/models/:version/promote',
      operation({
        tag: 'Models',
        role: 'admin',
        summary: 'Makes a version, or `candidate`, the one that is served',
        description: 'Every checksum is compared first: a damaged version cannot be promoted.',
        answers: { 200: modelVersionShape },
        problems: {
          404: 'There is no such version.',
          409: 'It is `latest` already, or `latest` is another than was expected.',
          503: 'The version is damaged or cannot be served; `latest` is what it was.',
        },
      }),
      takesJson(promoteBody, limits.maxBodyBytes),
      async c => {
        const { name = deps.modelName, expected } = c.req.valid('json')
        const version = await findVersion(deps, name, c.req.param('version'))
        const promoted = await registry.promote(name, version, expected)
        await serve(deps, name)
        return c.json(promoted)
      },
    )
    .post(
      '/models/rollback',
      operation({
        tag: 'Models',
        role: 'admin',
        summary: 'Serves what was served before',
        answers: { 200: modelVersionShape },
        problems: { 409: 'There is no version before.', 503: 'That version is damaged.' },
      }),
      takesJson(rollbackBody, limits.maxBodyBytes),
      async c => {
        const { name = deps.modelName } = c.req.valid('json')
        const version = await registry.rollback(name)
        await serve(deps, name)
        return c.json(version)
      },
    )
    .delete(
      '/models/:version',
      operation({
        tag: 'Models',
        role: 'admin',
        summary: 'Removes a version that no channel names',
        answers: { 204: { description: 'It is gone' } },
        problems: { 404: 'There is no such version.', 409: 'A channel names it.' },
      }),
      takesQuery(nameQuery),
      async c => {
        const { name = deps.modelName } = c.req.valid('query')
        await registry.remove(name, await findVersion(deps, name, c.req.param('version')))
        return c.body(null, 204)
      },
    )
}

const keyOf = ({ manifest }: ModelVersion): string => `${manifest.name} ${manifest.version}`

/** A version by its name, or what `candidate` names. @throws ProblemError 404 */
const findVersion = async (
  { registry }: AppDeps,
  name: string,
  wanted: string,
): Promise<string> => {
  const version = wanted === 'candidate' ? await registry.resolve(name, 'candidate') : wanted
  const all = await registry.list(name)
  if (version !== undefined && all.some(({ manifest }) => manifest.version === version)) {
    return version
  }
  throw notFound(`there is no version ${wanted} of the model ${name}; GET /models lists them`)
}

/** Serves what `latest` names now; where that fails, it names again what it did. */
const serve = async (deps: AppDeps, name: string): Promise<void> => {
  if (name !== deps.modelName) return
  try {
    await deps.serveLatest()
  } catch (error) {
    await deps.registry.rollback(name).catch(() => undefined)
    throw error
  }
}
