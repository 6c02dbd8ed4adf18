import { Hono } from 'hono'
import type { LogLine } from '../../core/types.ts'
import type { AppDeps, Detection } from '../deps.ts'
import { noModel } from '../problem.ts'
import { jsonItems, readJson, toLines } from '../read-body.ts'

/** Scores lines by themselves: no state is kept, nothing is published. */
export const inferRoutes = (deps: AppDeps): Hono =>
  new Hono().post('/infer_batch', async c => {
    const { items, pointer } = jsonItems(await readJson(c, deps.limits.maxBodyBytes))
    const lines = toLines(items, pointer, deps, c.req.query('source') ?? 'http')
    const { model, verdicts, anomalies } = await detectAll(deps, lines)
    return c.json({ model, lines: lines.length, sessions: verdicts.length, anomalies })
  })

/** Everything that one detector finds in these lines alone. @throws ProblemError without a model. */
export const detectAll = async (
  deps: AppDeps,
  lines: readonly LogLine[],
): Promise<Detection & { model: { name: string; version: string } }> => {
  const detector = await deps.openDetector()
  if (detector === undefined) throw noModel()
  const stop = deps.metrics.latency.startTimer()
  const first = await detector.feed(lines)
  const rest = await detector.flush()
  stop()
  deps.metrics.inferenceRuns.inc()
  return {
    model: detector.model,
    verdicts: [...first.verdicts, ...rest.verdicts],
    anomalies: [...first.anomalies, ...rest.anomalies],
  }
}
