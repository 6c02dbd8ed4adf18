import { Hono } from 'hono'
import * as v from 'valibot'
import type { AppDeps } from '../deps.ts'
import { given } from '../given.ts'
import { type AppEnv, operation } from '../operation.ts'
import { notFound } from '../problem.ts'
import { words } from '../schemas/common.ts'
import { reportFeedbackShape, SUSPECT_KINDS } from '../schemas/report-feedback.ts'
import { takesJson } from '../takes.ts'

const LONGEST_NAME = 500

const namedCause = v.strictObject({
  kind: v.picklist(SUSPECT_KINDS, `Expected one of ${SUSPECT_KINDS.join(', ')}`),
  name: words(LONGEST_NAME, 'As a suspect of a report is named'),
})
const toldCause = v.pipe(
  v.string('Expected a text, or an object with kind and name'),
  v.trim(),
  v.minLength(1, 'Expected at least one character'),
  v.maxLength(LONGEST_NAME, `Expected at most ${LONGEST_NAME} characters`),
)

const bodyWith = (trueCause: v.GenericSchema<unknown, string | v.InferOutput<typeof namedCause>>) =>
  v.strictObject({
    helpful: v.boolean('Expected true or false'),
    trueCause: v.optional(
      v.pipe(
        trueCause,
        v.description('What it was indeed: a kind of suspect and its name, or words'),
      ),
    ),
    note: v.optional(words(4000, 'What the next one who sees this should know')),
  })

/** Takes the form that was meant, so that its faults are named, and no other's. */
const body = bodyWith(
  v.lazy(input => (typeof input === 'object' && input ? namedCause : toldCause)),
)
const bodyShown = bodyWith(v.union([namedCause, toldCause]))

/** What people say of reports of root causes. */
export const rcaFeedbackRoutes = ({ db, decisions, limits }: AppDeps): Hono<AppEnv> =>
  new Hono<AppEnv>().post(
    '/rca/:id/feedback',
    operation({
      tag: 'Feedback',
      role: 'operator',
      summary: 'Says whether a report helped, and what the cause was indeed',
      description:
        'It replaces what was said of the report before. Later reports that are like this one show ' +
        'it among `similar`: the true cause in place of the suspect; a report that did not help ' +
        'counts half.',
      answers: { 201: reportFeedbackShape },
      problems: { 404: 'There is no such report.' },
    }),
    takesJson(body, limits.maxBodyBytes, bodyShown),
    async c => {
      const found = db.reports.get(c.req.param('id'))
      if (found === undefined) {
        throw notFound(`there is no report ${c.req.param('id')}; GET /rca lists them`)
      }
      const { id, incident } = found
      const said = { ...given(c.req.valid('json')), by: c.get('by') }
      return c.json(await decisions.rateReport({ id, incident }, said), 201)
    },
  )
