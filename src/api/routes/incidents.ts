import { Hono } from 'hono'
import * as v from 'valibot'
import { type Incident, shownIncident } from '../../core/incident/incident.ts'
import type { AppDeps } from '../deps.ts'
import { given } from '../given.ts'
import { type AppEnv, operation } from '../operation.ts'
import { notFound } from '../problem.ts'
import { storedAnomaly } from '../schemas/anomaly.ts'
import { listText, pageOf, pageQuery, timeText, words } from '../schemas/common.ts'
import { INCIDENT_STATES, incidentShape } from '../schemas/incident.ts'
import { takesJson, takesQuery } from '../takes.ts'

const listQuery = v.strictObject({
  ...pageQuery,
  states: v.optional(listText(INCIDENT_STATES, 'In these states.')),
  source: v.optional(words(256, 'That touch this source.')),
  from: v.optional(timeText('That last until this or longer.')),
  to: v.optional(timeText('That began before this.')),
  text: v.optional(words(500, 'Whose title or lines hold this, in any case.')),
})

const changeBody = v.pipe(
  v.strictObject({
    state: v.optional(v.picklist(INCIDENT_STATES, `Expected one of ${INCIDENT_STATES.join(', ')}`)),
    note: v.optional(v.pipe(v.string(), v.maxLength(4000), v.description('Empty removes it'))),
  }),
  v.check(
    ({ state, note }) => state !== undefined || note !== undefined,
    'Expected a state or a note',
  ),
)

/** Anomalies that belong together. */
export const incidentRoutes = (deps: AppDeps): Hono<AppEnv> => {
  const { db, decisions } = deps
  return new Hono<AppEnv>()
    .get(
      '/incidents',
      operation({
        tag: 'Incidents',
        role: 'viewer',
        summary: 'Incidents, those seen last first',
        answers: { 200: pageOf(incidentShape) },
      }),
      takesQuery(listQuery),
      c => {
        const { items, next } = db.incidents.list(given(c.req.valid('query')))
        return c.json({ items: items.map(shownIncident), next })
      },
    )
    .get(
      '/incidents/:id',
      operation({
        tag: 'Incidents',
        role: 'viewer',
        summary: 'One incident with a page of its anomalies',
        answers: { 200: v.object({ incident: incidentShape, anomalies: pageOf(storedAnomaly) }) },
        problems: { 404: 'There is no such incident.' },
      }),
      takesQuery(v.strictObject(pageQuery)),
      c => {
        const incident = findIncident(deps, c.req.param('id'))
        const page = given(c.req.valid('query'))
        const anomalies = db.anomalies.list({ ...page, incident: incident.id })
        return c.json({ incident: shownIncident(incident), anomalies })
      },
    )
    .patch(
      '/incidents/:id',
      operation({
        tag: 'Incidents',
        role: 'operator',
        summary: 'Acknowledges, resolves or reopens an incident; notes something',
        answers: { 200: incidentShape },
        problems: { 404: 'There is no such incident.', 409: 'It is in that state already.' },
      }),
      takesJson(changeBody, deps.limits.maxBodyBytes),
      async c => {
        const { id } = findIncident(deps, c.req.param('id'))
        return c.json((await decisions.changeIncident(id, c.req.valid('json'))) ?? missing(id))
      },
    )
}

const missing = (id: string): never => {
  throw notFound(`there is no incident ${id}; GET /incidents lists them`)
}

export const findIncident = ({ db }: AppDeps, id: string): Incident =>
  db.incidents.get(id) ?? missing(id)
