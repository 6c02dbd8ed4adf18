import { Hono } from 'hono'
import * as v from 'valibot'
import { rootCause } from '../../core/rca/root-cause.ts'
import type { Anomaly } from '../../core/types.ts'
import type { AppDeps } from '../deps.ts'
import { badRequest } from '../problem.ts'
import { jsonItems, readJson, toLines } from '../read-body.ts'
import { detectAll } from './infer.ts'

const line = v.looseObject({
  line: v.number(),
  at: v.number(),
  text: v.string(),
  template: v.string(),
  templateId: v.number(),
  surprise: v.number(),
  expected: v.array(v.looseObject({ template: v.string(), p: v.number() })),
  odd: v.boolean(),
})
const request = v.object({
  anomalies: v.pipe(
    v.array(
      v.looseObject({
        id: v.string(),
        kind: v.string(),
        source: v.string(),
        session: v.string(),
        firstSeen: v.number(),
        score: v.number(),
        pValue: v.number(),
        lines: v.array(line),
        missing: v.optional(
          v.array(v.looseObject({ template: v.string(), expected: v.number(), got: v.number() })),
          [],
        ),
      }),
    ),
    v.maxLength(1000),
  ),
})

/** Root cause without any model of language: from `{logs}` or from `{anomalies}` found before. */
export const rcaRoutes = (deps: AppDeps): Hono =>
  new Hono().post('/rca', async c => {
    const body = await readJson(c, deps.limits.maxBodyBytes)
    if (typeof body === 'object' && body !== null && 'anomalies' in body) {
      return c.json(rootCause(readAnomalies(body)))
    }
    const { items, pointer } = jsonItems(body)
    const lines = toLines(items, pointer, deps, c.req.query('source') ?? 'http')
    const { anomalies } = await detectAll(deps, lines)
    return c.json(rootCause(anomalies))
  })

const readAnomalies = (body: object): Anomaly[] => {
  const result = v.safeParse(request, body)
  if (result.success) return result.output.anomalies as unknown as Anomaly[]
  throw badRequest(
    'some anomalies have another shape than those that GET /events and POST /infer_batch give',
    result.issues.slice(0, 20).map(issue => ({
      pointer: `/${(v.getDotPath(issue) ?? '').replaceAll('.', '/')}`,
      detail: issue.message,
    })),
  )
}
