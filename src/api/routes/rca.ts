import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { LogbertError } from '../../core/errors.ts'
import { toMarkdown } from '../../core/rca/markdown.ts'
import type { Anomaly } from '../../core/types.ts'
import type { ReportFeedback, StoredReport } from '../../db/database.ts'
import type { AppDeps } from '../deps.ts'
import { given } from '../given.ts'
import { itemLines } from '../log-items.ts'
import { type AppEnv, operation } from '../operation.ts'
import { notFound, ProblemError, problemBody, problemOf } from '../problem.ts'
import { readReport } from '../read-report.ts'
import { addWords, type Findings, findingsOn, type MadeReport, makeReport } from '../root-causes.ts'
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
import { refreshSimilar } from '../similar-incidents.ts'
import { streamReport } from '../stream-report.ts'
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

/** Root causes: what the lines and the anomalies say, and words for it where a language model is there. */
export const rcaRoutes = (deps: AppDeps): Hono<AppEnv> => {
  const { db, limits } = deps
  /** With what is known by now of incidents that are like it, and what people say of it. */
  const show = (stored: StoredReport): MadeReport & { feedback?: ReportFeedback } => {
    const made = readReport(stored)
    const similar = refreshSimilar(db, made.report.similar)
    const feedback = db.reportFeedback.get(stored.id)
    return { ...made, report: { ...made.report, similar }, ...(feedback && { feedback }) }
  }
  return new Hono<AppEnv>()
    .post(
      '/rca',
      operation({
        tag: 'Root causes',
        role: 'operator',
        summary: 'Root cause of an incident, an anomaly, lines or anomalies',
        description:
          'The report is stored. With `Accept: text/event-stream` it comes as an event `report` as ' +
          'soon as it is made; then, where a language model is configured, an event `rca-text` ' +
          '(`{"id", "chunk", "evidence"}`) for each sentence; at last the whole as an event `end`, ' +
          'which has the last word: sentences that it does not hold were taken back.',
        headers: { Accept: 'application/json or text/event-stream' },
        answers: { 200: reportShape },
        problems,
      }),
      takesJson(rcaRequest, limits.maxBodyBytes, rcaShown),
      async c => {
        const stop = deps.metrics.rcaLatency.startTimer()
        const made = await makeReport(deps, await findingsOf(deps, c.req.valid('json')))
        const { signal } = c.req.raw
        if (wantsStream(c)) {
          return streamReport(made, signal, options =>
            addWords(deps, made, options).finally(() => stop()),
          )
        }
        return c.json(await addWords(deps, made, { signal }).finally(() => stop()))
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
      c => {
        const { items, next } = db.reports.list(given(c.req.valid('query')))
        return c.json({ items: items.map(show), next })
      },
    )
    .get(
      '/rca/:id',
      operation({
        tag: 'Root causes',
        role: 'viewer',
        summary: 'One report',
        description: 'With `Accept: text/markdown` for people.',
        answers: { 200: reportShape },
        problems: { 404: 'There is no such report.' },
      }),
      c => {
        const found = db.reports.get(c.req.param('id'))
        if (found === undefined) {
          throw notFound(`there is no report ${c.req.param('id')}; GET /rca lists them`)
        }
        const read = show(found)
        if (!wantsMarkdown(c)) return c.json(read)
        const type = 'text/markdown; charset=utf-8'
        return c.body(toMarkdown(read.report), 200, { 'content-type': type })
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
  if ('anomalies' in request) {
    const anomalies = request.anomalies as unknown as Anomaly[]
    const stored = anomalies.flatMap(({ id }) => db.anomalies.get(id) ?? [])
    // Places of lines that came elsewhere mean nothing here.
    if (stored.length < anomalies.length)
      return { anomalies, why: 'not all of them are stored here' }
    return { anomalies: stored }
  }
  const { logs } = request as { logs: unknown[] }
  const { messages } = itemLines(logs, '/logs', DEFAULT_SOURCE, Date.now(), limits)
  return { ...(await inferLines(deps, messages)), lines: messages }
}

type Answer = { report: MadeReport } | { problem: ReturnType<typeof problemBody> }

const answerOne = async (
  deps: AppDeps,
  request: RcaRequest,
  signal: AbortSignal,
): Promise<Answer> => {
  try {
    const made = await makeReport(deps, await findingsOf(deps, request))
    return { report: await addWords(deps, made, { signal }) }
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
