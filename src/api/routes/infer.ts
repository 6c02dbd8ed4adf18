import { Hono } from 'hono'
import * as v from 'valibot'
import type { LogLine } from '../../core/types.ts'
import type { AppDeps, Inference } from '../deps.ts'
import { itemLines } from '../log-items.ts'
import { type AppEnv, operation } from '../operation.ts'
import { noModel } from '../problem.ts'
import { foundAnomaly } from '../schemas/anomaly.ts'
import { modelRef } from '../schemas/common.ts'
import { DEFAULT_SOURCE, logBody, sourceQuery } from '../schemas/lines.ts'
import { takesJson, takesQuery } from '../takes.ts'

/** The items are checked line by line. */
export const anyLogs = v.strictObject({ logs: v.array(v.unknown()) })

/** Scores lines by themselves: no state is kept, nothing is stored. */
export const inferRoutes = (deps: AppDeps): Hono<AppEnv> =>
  new Hono<AppEnv>().post(
    '/infer_batch',
    operation({
      tag: 'Lines',
      role: 'operator',
      summary: 'What is odd in these lines alone',
      answers: {
        200: v.object({
          model: modelRef,
          lines: v.number(),
          sessions: v.number(),
          anomalies: v.array(foundAnomaly),
        }),
      },
      problems: { 503: 'There is no model yet.' },
    }),
    takesQuery(sourceQuery),
    takesJson(anyLogs, deps.limits.maxBodyBytes, logBody),
    async c => {
      const { source = DEFAULT_SOURCE } = c.req.valid('query')
      const { logs } = c.req.valid('json')
      const { messages } = itemLines(logs, '/logs', source, Date.now(), deps.limits)
      const { model, verdicts, anomalies } = await inferLines(deps, messages)
      return c.json({ model, lines: messages.length, sessions: verdicts.length, anomalies })
    },
  )

/** Everything that is odd in these lines alone. @throws ProblemError 503 without a model */
export const inferLines = async (
  { pipeline, metrics }: AppDeps,
  lines: readonly LogLine[],
): Promise<Inference> => {
  if (pipeline.model() === undefined) throw noModel()
  const stop = metrics.latency.startTimer()
  const found = await pipeline.infer(lines)
  stop()
  metrics.inferenceRuns.inc()
  return found
}
