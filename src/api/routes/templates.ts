import { Hono } from 'hono'
import * as v from 'valibot'
import type { TemplateEdit } from '../../db/database.ts'
import type { AppDeps, TemplateRow } from '../deps.ts'
import { given } from '../given.ts'
import { type AppEnv, operation } from '../operation.ts'
import { pageOfItems } from '../paging.ts'
import { type Fault, faulty, notFound } from '../problem.ts'
import { flagText, pageOf, pageQuery, words } from '../schemas/common.ts'
import { templateEditShape, templateShape } from '../schemas/decision.ts'
import { takesJson, takesPath, takesQuery } from '../takes.ts'

const listQuery = v.strictObject({
  ...pageQuery,
  search: v.optional(words(500, 'Text, name or comment hold this, in any case.')),
  known: v.optional(flagText('Whether training saw them.')),
})

const idPath = v.strictObject({
  id: v.pipe(
    v.string(),
    v.regex(/^-?\d{1,15}$/, 'Expected a template id'),
    v.description('Template id'),
    v.transform(Number),
  ),
})

const templateId = v.pipe(v.number(), v.integer())
const label = (most: number, about: string) =>
  v.optional(v.pipe(v.nullable(words(most, about)), v.description(`${about}; null removes it`)))

const nameBody = v.pipe(
  v.strictObject({ name: label(200, 'Name'), comment: label(4000, 'Comment') }),
  v.check(
    ({ name, comment }) => name !== undefined || comment !== undefined,
    'Expected a name or a comment',
  ),
)

const mergeBody = v.pipe(
  v.strictObject({
    templates: v.pipe(
      v.array(templateId),
      v.minLength(2, 'Expected at least two templates'),
      v.maxLength(1000),
      v.check(ids => new Set(ids).size === ids.length, 'Expected each template once'),
    ),
    into: v.optional(
      v.pipe(templateId, v.description('The one that stays; the first when absent')),
    ),
  }),
  v.forward(
    v.check(
      ({ templates, into }) => into === undefined || templates.includes(into),
      'Expected one of the templates',
    ),
    ['into'],
  ),
)

const splitBody = v.strictObject({
  template: templateId,
  position: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(0),
    v.description('Which `<*>` of it, from 0: each of its values becomes a template'),
  ),
})

const VARIABLE = '<*>'

/** Templates as the live parser knows them, with what people made of them. */
export const templateRoutes = (deps: AppDeps): Hono<AppEnv> => {
  const { db, decisions, limits } = deps
  return new Hono<AppEnv>()
    .get(
      '/templates',
      operation({
        tag: 'Templates',
        role: 'viewer',
        summary: 'Templates by id',
        answers: { 200: pageOf(templateShape) },
      }),
      takesQuery(listQuery),
      async c => {
        const { search, known, ...page } = c.req.valid('query')
        const rows = (await namedRows(deps)).filter(
          row => (known === undefined || row.known === known) && mentions(row, search),
        )
        return c.json(pageOfItems('templates', rows, row => `${row.id}`, given(page)))
      },
    )
    .patch(
      '/templates/:id',
      operation({
        tag: 'Templates',
        role: 'admin',
        summary: 'Names or comments a template',
        answers: { 200: templateShape },
        problems: { 404: 'There is no such template.' },
      }),
      takesPath(idPath),
      takesJson(nameBody, limits.maxBodyBytes),
      async c => {
        const { id } = c.req.valid('param')
        const row = (await namedRows(deps)).find(each => each.id === id)
        if (row === undefined) throw notFound(`there is no template ${id}`)
        const { name, comment } = { name: row.name, comment: row.comment, ...c.req.valid('json') }
        const value = { ...(name && { name }), ...(comment && { comment }) }
        await decisions.editTemplates({
          ...{ kind: 'name', templates: [row.text], value },
          ...signed(c.get('by')),
        })
        const { name: _, comment: __, ...plain } = row
        return c.json({ ...plain, ...value })
      },
    )
    .post(
      '/templates/merge',
      operation({
        tag: 'Templates',
        role: 'admin',
        summary: 'Lets several templates count as one',
        answers: { 201: templateEditShape },
      }),
      takesJson(mergeBody, limits.maxBodyBytes),
      async c => {
        const { templates, into = templates[0]! } = c.req.valid('json')
        const texts = await textsOf(deps, templates, i => `/templates/${i}`)
        const stays = texts[templates.indexOf(into)]!
        const all = [stays, ...texts.filter(text => text !== stays)]
        const value = { into: stays }
        const edit = { kind: 'merge' as const, templates: all, value, ...signed(c.get('by')) }
        return c.json(await decisions.editTemplates(edit), 201)
      },
    )
    .post(
      '/templates/split',
      operation({
        tag: 'Templates',
        role: 'admin',
        summary: 'Lets a variable part of a template tell templates apart',
        answers: { 201: templateEditShape },
      }),
      takesJson(splitBody, limits.maxBodyBytes),
      async c => {
        const { template, position } = c.req.valid('json')
        const texts = await textsOf(deps, [template], () => '/template')
        const variables = texts[0]!.split(VARIABLE).length - 1
        if (position >= variables) {
          const detail = `expected less than ${variables}: the template has ${variables} variables`
          throw refused([{ pointer: '/position', detail }])
        }
        const value = { position }
        const edit = { kind: 'split' as const, templates: texts, value, ...signed(c.get('by')) }
        return c.json(await decisions.editTemplates(edit), 201)
      },
    )
    .get(
      '/templates/edits',
      operation({
        tag: 'Templates',
        role: 'viewer',
        summary: 'Names, merges and splits, newest first',
        answers: { 200: pageOf(templateEditShape) },
      }),
      takesQuery(v.strictObject(pageQuery)),
      c => c.json(db.templateEdits.list(given(c.req.valid('query')))),
    )
    .delete(
      '/templates/edits/:id',
      operation({
        tag: 'Templates',
        role: 'admin',
        summary: 'Undoes a name, merge or split',
        answers: { 200: templateEditShape },
        problems: { 404: 'There is no such edit.' },
      }),
      async c => {
        const edit = await decisions.undoEdit(c.req.param('id'))
        if (edit !== undefined) return c.json(edit)
        throw notFound(`there is no edit ${c.req.param('id')}; GET /templates/edits lists them`)
      },
    )
}

const signed = (by: string | undefined) => (by === undefined ? {} : { by })

const refused = (faults: readonly Fault[]) =>
  faulty('the request has faults; nothing was done', faults)

type NamedRow = TemplateRow & { comment?: string }

const namedRows = async ({ pipeline, db }: AppDeps): Promise<NamedRow[]> => {
  const names = new Map<string, TemplateEdit['value']>()
  for (const { kind, templates, value } of db.templateEdits.all()) {
    if (kind === 'name') names.set(templates[0]!, value)
  }
  const rows = await pipeline.templates()
  return rows.map(row => ({ ...row, ...names.get(row.text) })).sort((a, b) => a.id - b.id)
}

const mentions = ({ text, name, comment }: NamedRow, search: string | undefined): boolean => {
  const wanted = search?.toLowerCase()
  return (
    wanted === undefined ||
    [text, name, comment].some(each => each?.toLowerCase().includes(wanted) === true)
  )
}

/** @throws ProblemError 422 naming those that there are not */
const textsOf = async (
  { pipeline }: AppDeps,
  ids: readonly number[],
  pointer: (i: number) => string,
): Promise<string[]> => {
  const rows = new Map((await pipeline.templates()).map(({ id, text }) => [id, text]))
  const faults = ids.flatMap((id, i) =>
    rows.has(id) ? [] : [{ pointer: pointer(i), detail: `there is no template ${id}` }],
  )
  if (faults.length > 0) throw refused(faults)
  return ids.map(id => rows.get(id)!)
}
