import { Hono } from 'hono'
import { resolver } from 'hono-openapi'
import * as v from 'valibot'
import { TOPICS } from '../../bus/bus.ts'
import { LogbertError } from '../../core/errors.ts'
import type { AppDeps } from '../deps.ts'
import type { TakenLines } from '../log-items.ts'
import { type AppEnv, operation } from '../operation.ts'
import { ProblemError } from '../problem.ts'
import { DEFAULT_SOURCE, logBody, logItem, logList, sourceQuery } from '../schemas/lines.ts'
import { countTaken, takeLines } from '../take-lines.ts'
import { takesQuery } from '../takes.ts'

/** Lines on their way to the detector: all of a request or none, and answered when they are safe. */
export const logRoutes = (deps: AppDeps): Hono<AppEnv> =>
  new Hono<AppEnv>().post(
    '/logs',
    operation({
      tag: 'Lines',
      role: 'operator',
      summary: 'Takes lines in',
      description:
        'Text, one line a line; NDJSON; a JSON array; or `{"logs": […]}`, plain or packed ' +
        '(`content-encoding: gzip` or `zstd`). Answered when the lines are safe on disk. All are ' +
        'taken or none. Too long lines are cut and counted; bytes that are no UTF-8 become U+FFFD ' +
        'and are counted in text, and are a fault in JSON.',
      requestBody: {
        required: true,
        content: {
          'text/plain': { schema: { type: 'string' } },
          'application/json': { schema: resolver(v.union([logList, logBody])) },
          'application/x-ndjson': { schema: resolver(logItem) },
        },
      },
      answers: { 202: v.object({ accepted: v.number() }) },
      problems: { 503: 'The bus is full or away; send the same again after `Retry-After`.' },
    }),
    takesQuery(sourceQuery),
    async c => {
      const taken = await takeLines(c, deps, c.req.valid('query').source ?? DEFAULT_SOURCE)
      await publish(deps, taken)
      return c.json({ accepted: taken.messages.length }, 202)
    },
  )

/** Seconds after which a full bus may have room again, and one that is away be there. */
const RETRY = { full: 1, away: 5 } as const

const publish = async (deps: AppDeps, taken: TakenLines): Promise<void> => {
  const { length } = taken.messages
  if (length === 0) return
  try {
    await deps.bus.publish(TOPICS.input, taken.messages)
  } catch (error) {
    const state = error instanceof LogbertError ? stateOf(error) : undefined
    if (state === undefined) throw error
    deps.metrics.refusedLines.inc({ reason: `bus_${state}` }, length)
    throw new ProblemError(`bus_${state}`, {
      status: 503,
      title: `The bus is ${state}`,
      detail: `${(error as Error).message} (${TAKEN[state](length)})`,
      retryAfter: RETRY[state],
    })
  }
  countTaken(deps, taken)
}

const stateOf = ({ code }: LogbertError): keyof typeof RETRY | undefined =>
  code === 'LIMIT' ? 'full' : code === 'AWAY' ? 'away' : undefined

const TAKEN = {
  full: (lines: number) => `none of these ${lines} lines was taken`,
  away: (lines: number) => `some may have been taken; send all ${lines} lines again`,
} as const
