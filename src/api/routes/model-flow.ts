import { Hono } from 'hono'
import * as v from 'valibot'
import { flowOf, stepsOf } from '../../core/rca/flow.ts'
import { type RcaModel, readModel } from '../../core/rca/model.ts'
import type { Profile } from '../../core/rca/profile.ts'
import type { AppDeps } from '../deps.ts'
import { type AppEnv, operation } from '../operation.ts'
import { notFound } from '../problem.ts'
import { wholeText, words } from '../schemas/common.ts'
import { flowShape } from '../schemas/flow.ts'
import { takesQuery } from '../takes.ts'

const MOST = 500
const SERVICES = 40
const STEPS = 30

const query = v.strictObject({
  limit: v.optional(wholeText(1, MOST, `Most services; ${SERVICES} when absent.`)),
  service: v.optional(words(1000, 'The steps of this service are told, too.')),
  steps: v.optional(wholeText(1, MOST, `Most steps of the service; ${STEPS} when absent.`)),
})

const CHANNELS = ['latest', 'previous', 'candidate'] as const

/** What a model has learned of who works with whom, and in which order. */
export const modelFlowRoutes = (deps: AppDeps): Hono<AppEnv> => {
  const profileOf = keepLatest(deps)
  return new Hono<AppEnv>().get(
    '/models/:name/:version/flow',
    operation({
      tag: 'Models',
      role: 'viewer',
      summary: 'What was learned of services, their calls and their steps, as a graph',
      description: '`:version` is one, or `latest`, `previous` or `candidate`.',
      answers: { 200: flowShape },
      problems: {
        404: 'There is no such version or service, or it has learned nothing of them.',
        503: 'The version is damaged.',
      },
    }),
    takesQuery(query),
    async c => {
      const { limit = SERVICES, service, steps: most = STEPS } = c.req.valid('query')
      const name = c.req.param('name')
      const version = await findVersion(deps, name, c.req.param('version'))
      const profile = await profileOf(name, version)
      const steps = service === undefined ? undefined : stepsOf(profile, service, most)
      if (service !== undefined && steps === undefined) {
        throw notFound(`${name}@${version} knows no service ${JSON.stringify(service)}`)
      }
      return c.json({
        ...{ model: { name, version }, ...flowOf(profile, limit) },
        ...(steps !== undefined && { steps }),
      })
    },
  )
}

const findVersion = async (
  { registry }: AppDeps,
  name: string,
  wanted: string,
): Promise<string> => {
  const all = await registry.list()
  const channel = CHANNELS.find(each => each === wanted)
  const found = all.find(
    ({ manifest, channels }) =>
      manifest.name === name &&
      (channel === undefined ? manifest.version === wanted : channels.includes(channel)),
  )
  if (found !== undefined) return found.manifest.version
  throw notFound(`there is no version ${wanted} of a model ${name}; GET /models lists them`)
}

/** The profile that was asked for last: versions never change, and people look at one at a time. */
const keepLatest = ({ registry }: AppDeps) => {
  let kept: { key: string; profile: Promise<Profile> } | undefined
  const load = async (name: string, version: string): Promise<Profile> => {
    const { rca } = await registry.load(name, version)
    if (rca !== undefined) return readModel(rca as RcaModel)
    throw notFound(
      `${name}@${version} knows nothing of services: it was trained on sessions, or by an older ` +
        'program; train again on log lines',
    )
  }
  return (name: string, version: string): Promise<Profile> => {
    const key = `${name}@${version}`
    if (kept?.key === key) return kept.profile
    const profile = load(name, version)
    kept = { key, profile }
    profile.catch(() => {
      if (kept?.profile === profile) kept = undefined
    })
    return profile
  }
}
