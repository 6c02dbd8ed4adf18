import { Hono } from 'hono'
import * as v from 'valibot'
import type { StoredAnomaly } from '../../db/database.ts'
import type { AppDeps } from '../deps.ts'
import { given } from '../given.ts'
import { type AppEnv, operation } from '../operation.ts'
import { faulty, notFound } from '../problem.ts'
import { ANOMALY_KINDS, ANOMALY_STATES, storedAnomaly } from '../schemas/anomaly.ts'
import { listText, numberText, pageOf, pageQuery, timeText, words } from '../schemas/common.ts'
import { feedbackShape } from '../schemas/decision.ts'
import { takesJson, takesQuery } from '../takes.ts'

const listQuery = v.strictObject({
  ...pageQuery,
  from: v.optional(timeText('First odd line at or after this.')),
  to: v.optional(timeText('First odd line before this.')),
  source: v.optional(words(256, 'Of this source.')),
  kinds: v.optional(listText(ANOMALY_KINDS, 'Of these kinds.')),
  states: v.optional(listText(ANOMALY_STATES, 'In these states.')),
  minScore: v.optional(numberText('With at least this score.')),
  text: v.optional(words(500, 'A line holds this, in any case.')),
  incident: v.optional(words(200, 'Of this incident.')),
  session: v.optional(words(1000, 'Of this session.')),
})

const feedbackQuery = v.strictObject({
  ...pageQuery,
  anomaly: v.optional(words(200, 'About this anomaly.')),
})

const verdictBody = v.strictObject({
  verdict: v.picklist(['normal', 'real'], 'Expected normal or real'),
  templates: v.optional(
    v.pipe(
      v.union(
        [v.boolean(), v.pipe(v.array(v.pipe(v.number(), v.integer())), v.maxLength(1000))],
        'Expected true, false or template ids',
      ),
      v.description(
        'With `normal`: templates of its lines that are normal wherever they stand; true: all odd ones',
      ),
    ),
  ),
  reason: v.optional(words(2000, 'Why')),
})

const judged = v.object({
  feedback: feedbackShape,
  alike: v.pipe(v.number(), v.description('Past anomalies that went with it')),
})

/** What was found, and what people say of it. */
export const anomalyRoutes = (deps: AppDeps): Hono<AppEnv> => {
  const { db, decisions, metrics } = deps
  return new Hono<AppEnv>()
    .get(
      '/anomalies',
      operation({
        tag: 'Anomalies',
        role: 'viewer',
        summary: 'Anomalies, newest first',
        answers: { 200: pageOf(storedAnomaly) },
      }),
      takesQuery(listQuery),
      c => c.json(db.anomalies.list(given(c.req.valid('query')))),
    )
    .get(
      '/anomalies/:id',
      operation({
        tag: 'Anomalies',
        role: 'viewer',
        summary: 'One anomaly with its explanation',
        answers: { 200: storedAnomaly },
        problems: { 404: 'There is no such anomaly.' },
      }),
      c => c.json(findAnomaly(deps, c.req.param('id'))),
    )
    .post(
      '/anomalies/:id/feedback',
      operation({
        tag: 'Feedback',
        role: 'operator',
        summary: 'Says that an anomaly is normal, or real',
        description:
          '`normal` teaches: sessions like it are normal from now on, in the next training too, and ' +
          'past anomalies like it are closed. It replaces what was said of the anomaly before.',
        answers: { 201: judged },
        problems: { 404: 'There is no such anomaly.' },
      }),
      takesJson(verdictBody, deps.limits.maxBodyBytes),
      async c => {
        const anomaly = findAnomaly(deps, c.req.param('id'))
        const said = c.req.valid('json')
        checkTemplates(anomaly, said.templates)
        const outcome = await decisions.judge(anomaly.id, { ...said, by: c.get('by') })
        metrics.feedback.inc({ verdict: said.verdict })
        return c.json(outcome ?? missing(anomaly.id), 201)
      },
    )
    .delete(
      '/anomalies/:id/feedback',
      operation({
        tag: 'Feedback',
        role: 'operator',
        summary: 'Undoes what was said of an anomaly',
        answers: { 200: judged },
        problems: { 404: 'There is no such anomaly, or nothing was said of it.' },
      }),
      async c => {
        const { id } = findAnomaly(deps, c.req.param('id'))
        const outcome = await decisions.withdraw(id)
        if (outcome === undefined) throw notFound(`nothing was said of the anomaly ${id}`)
        return c.json(outcome)
      },
    )
    .get(
      '/feedback',
      operation({
        tag: 'Feedback',
        role: 'viewer',
        summary: 'What people said, newest first',
        answers: { 200: pageOf(feedbackShape) },
      }),
      takesQuery(feedbackQuery),
      c => c.json(db.feedback.list(given(c.req.valid('query')))),
    )
}

const missing = (id: string): never => {
  throw notFound(`there is no anomaly ${id}; GET /anomalies lists them`)
}

const findAnomaly = ({ db }: AppDeps, id: string): StoredAnomaly =>
  db.anomalies.get(id) ?? missing(id)

const checkTemplates = (
  { lines }: StoredAnomaly,
  templates: boolean | readonly number[] | undefined,
): void => {
  if (typeof templates !== 'object') return
  const faults = templates.flatMap((id, i) =>
    lines.some(line => line.templateId === id)
      ? []
      : [{ pointer: `/templates/${i}`, detail: `no line of this anomaly has the template ${id}` }],
  )
  if (faults.length > 0) throw faulty('the request has faults; nothing was done', faults)
}
