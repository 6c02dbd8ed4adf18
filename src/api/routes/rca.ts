import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { LogbertError } from '../../core/errors.ts'
import { toMarkdown } from '../../core/rca/markdown.ts'
import type { RcaReport } from '../../core/rca/types.ts'
import type { Anomaly } from '../../core/types.ts'
import type { StoredReport } from '../../db/database.ts'
import type { AppDeps } from '../deps.ts'
import { encodeEvent, SSE_HEADERS } from '../event-stream.ts'
import { given } from '../given.ts'
import { itemLines } from '../log-items.ts'
import { type AppEnv, operation } from '../operation.ts'
import { notFound, ProblemError, problemBody, problemOf } from '../problem.ts'
import { addWords, type Findings, findingsOn, makeReport } from '../root-causes.ts'
import { pageOf, pageQuery, problemShape, words } from '../schemas/common.ts'
import { DEFAULT_SOURCE } from '../schemas/lines.ts'
import {
  type RcaRequest,
  rcaBatch,
  rcaBatchShown,
  rcaRequest,
  rcaShown,
} from '../schemas/rca-request.ts'
import { reportShape } from '../schemas/report.ts'
import { takesJson, takesQuery } from '../takes.ts'
import { findIncident } from './incidents.ts'
import { inferLines } from './infer.ts'

const listQuery = v.strictObject({
  ...pageQuery,
  incident: v.optional(words(200, 'About this incident.')),
})

const problems = {
  404: 'There is no such incident or anomaly.',
  503: 'Lines were sent, and there is no model yet.',
}

/** Root causes: facts found in the anomalies, and words for them where a language model is there. */
export const rcaRoutes = (deps: AppDeps): Hono<AppEnv> => {
  const { db, limits } = deps
  return new Hono<AppEnv>()
    .post(
      '/rca',
      operation({
        tag: 'Root causes',
        role: 'operator',
        summary: 'Root cause of an incident, an anomaly, lines or anomalies',
        description:
          'The report is stored. With `Accept: text/event-stream` an event `report` comes at once, ' +
          'then an event `text` if a language model has something to say, then `end`.',
        headers: { Accept: 'application/json or text/event-stream' },
        answers: { 200: reportShape },
        problems,
      }),
      takesJson(rcaRequest, limits.maxBodyBytes, rcaShown),
      async c => {
        const stop = deps.metrics.rcaLatency.startTimer()
        const made = await makeReport(deps, await findingsOf(deps, c.req.valid('json')))
        const whole = addWords(deps, made, c.req.raw.signal).finally(() => stop())
        return wantsStream(c) ? streamReport(made, whole) : c.json(await whole)
      },
    )
    .post(
      '/rca_batch',
      operation({
        tag: 'Root causes',
        role: 'operator',
        summary: 'Several at once, each with its report or its problem',
        answers: {
          200: v.object({
            items: v.array(
              v.union([v.object({ report: reportShape }), v.object({ problem: problemShape })]),
            ),
          }),
        },
      }),
      takesJson(rcaBatch, limits.maxBodyBytes, rcaBatchShown),
      async c => {
        const items = []
        for (const request of c.req.valid('json').items) {
          items.push(await answerOne(deps, request, c.req.raw.signal))
        }
        return c.json({ items })
      },
    )
    .get(
      '/rca',
      operation({
        tag: 'Root causes',
        role: 'viewer',
        summary: 'Reports, newest first',
        answers: { 200: pageOf(reportShape) },
      }),
      takesQuery(listQuery),
      c => c.json(db.reports.list(given(c.req.valid('query')))),
    )
    .get(
      '/rca/:id',
      operation({
        tag: 'Root causes',
        role: 'viewer',
        summary: 'One report',
        description: 'With `Accept: text/markdown` the cause that was found, for people.',
        answers: { 200: reportShape },
        problems: { 404: 'There is no such report.' },
      }),
      c => {
        const found = db.reports.get(c.req.param('id'))
        if (found !== undefined) {
          const { cause } = found.report as { cause?: RcaReport }
          if (cause === undefined || !wantsMarkdown(c)) return c.json(found)
          return c.body(toMarkdown(cause), 200, { 'content-type': 'text/markdown; charset=utf-8' })
        }
        throw notFound(`there is no report ${c.req.param('id')}; GET /rca lists them`)
      },
    )
}

const findingsOf = async (deps: AppDeps, request: RcaRequest): Promise<Findings> => {
  const { db, limits } = deps
  if ('incident' in request) {
    const incident = findIncident(deps, request.incident)
    return findingsOn(deps, incident)
  }
  if ('anomaly' in request) {
    const anomaly = db.anomalies.get(request.anomaly)
    if (anomaly === undefined) throw notFound(`there is no anomaly ${request.anomaly}`)
    return { anomalies: [anomaly], anomaly: anomaly.id }
  }
  if ('anomalies' in request) return { anomalies: request.anomalies as unknown as Anomaly[] }
  const { logs } = request as { logs: unknown[] }
  const { messages } = itemLines(logs, '/logs', DEFAULT_SOURCE, Date.now(), limits)
  return { ...(await inferLines(deps, messages)), lines: messages }
}

type Answer = { report: StoredReport } | { problem: ReturnType<typeof problemBody> }

const answerOne = async (
  deps: AppDeps,
  request: RcaRequest,
  signal: AbortSignal,
): Promise<Answer> => {
  try {
    const made = await makeReport(deps, await findingsOf(deps, request))
    return { report: await addWords(deps, made, signal) }
  } catch (error) {
    const told = error instanceof LogbertError ? problemOf(error) : error
    if (!(told instanceof ProblemError)) throw error
    return { problem: problemBody(told.problem) }
  }
}

const wantsMarkdown = (c: Context): boolean =>
  (c.req.header('accept') ?? '').includes('text/markdown')

const wantsStream = (c: Context): boolean =>
  (c.req.header('accept') ?? '').includes('text/event-stream')

const streamReport = (made: StoredReport, whole: Promise<StoredReport>): Response => {
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(encodeEvent('report', made))
      const { report } = await whole
      if (report.narrative !== undefined) {
        controller.enqueue(encodeEvent('text', report.narrative))
      }
      controller.enqueue(encodeEvent('end', { id: made.id }))
      controller.close()
    },
  })
  return new Response(body, { headers: SSE_HEADERS })
}
