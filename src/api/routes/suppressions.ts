import { Hono } from 'hono'
import * as v from 'valibot'
import { checkSuppression } from '../../core/incident/suppress.ts'
import type { AppDeps } from '../deps.ts'
import { given } from '../given.ts'
import { type AppEnv, operation } from '../operation.ts'
import { notFound } from '../problem.ts'
import { flagText, pageOf, pageQuery, words } from '../schemas/common.ts'
import { suppressionShape } from '../schemas/decision.ts'
import { takesJson, takesQuery } from '../takes.ts'

const listQuery = v.strictObject({
  ...pageQuery,
  active: v.optional(flagText('true: only those that hold now.')),
})

const ruleBody = v.pipe(
  v.strictObject({
    template: v.optional(
      v.pipe(v.string(), v.description('The whole text of a template that is odd or missing')),
    ),
    source: v.optional(
      v.pipe(v.string(), v.description('The whole of a source; `*` stands for anything')),
    ),
    text: v.optional(
      v.pipe(
        v.string(),
        v.description('Part of an odd line, any case; `*` stands for anything. No expression'),
      ),
    ),
    reason: words(2000, 'Why'),
    expires: v.optional(
      v.pipe(
        v.union([v.number(), v.string()], 'Expected epoch milliseconds or ISO 8601'),
        v.check(
          time => new Date(time).getTime() > Date.now(),
          'Expected a time to come, epoch milliseconds or ISO 8601',
        ),
        v.description('Epoch milliseconds or ISO 8601; for ever when absent'),
        v.transform(time => new Date(time).getTime()),
      ),
    ),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { value: input } = dataset
    for (const { path, message } of checkSuppression(given(input))) {
      const [key] = path
      const value = input[key as keyof typeof input]
      addIssue({
        message,
        ...(key !== undefined && {
          path: [{ type: 'object', origin: 'value', input, key, value }],
        }),
      })
    }
  }),
)

/** Rules that hide anomalies. */
export const suppressionRoutes = (deps: AppDeps): Hono<AppEnv> => {
  const { db, decisions } = deps
  return new Hono<AppEnv>()
    .get(
      '/suppressions',
      operation({
        tag: 'Suppressions',
        role: 'viewer',
        summary: 'Rules that hide anomalies, newest first',
        answers: { 200: pageOf(suppressionShape) },
      }),
      takesQuery(listQuery),
      c => {
        const { active, ...page } = c.req.valid('query')
        const query = { ...given(page), ...(active === true && { active: Date.now() }) }
        return c.json(db.suppressions.list(query))
      },
    )
    .post(
      '/suppressions',
      operation({
        tag: 'Suppressions',
        role: 'operator',
        summary: 'Hides anomalies, past ones too',
        description: 'All given parts must hold. What is hidden is counted.',
        answers: { 201: suppressionShape },
      }),
      takesJson(ruleBody, deps.limits.maxBodyBytes),
      async c => {
        const made = await decisions.suppress({ ...c.req.valid('json'), by: c.get('by') })
        return c.json(made, 201, { location: `/suppressions/${made.id}` })
      },
    )
    .get(
      '/suppressions/:id',
      operation({
        tag: 'Suppressions',
        role: 'viewer',
        summary: 'One rule, with how much it hid',
        answers: { 200: suppressionShape },
        problems: { 404: 'There is no such rule.' },
      }),
      c => c.json(db.suppressions.get(c.req.param('id')) ?? missing(c.req.param('id'))),
    )
    .delete(
      '/suppressions/:id',
      operation({
        tag: 'Suppressions',
        role: 'operator',
        summary: 'Removes a rule; what it hid shows again',
        answers: { 200: suppressionShape },
        problems: { 404: 'There is no such rule.' },
      }),
      async c => {
        const { id } = c.req.param()
        return c.json((await decisions.unsuppress(id)) ?? missing(id))
      },
    )
}

const missing = (id: string): never => {
  throw notFound(`there is no suppression ${id}; GET /suppressions lists them`)
}
