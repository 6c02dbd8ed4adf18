import type { Connection } from './connection.ts'
import { listPage, type Page, type PageRequest } from './paging.ts'
import { createWhere } from './where.ts'

/** What a person corrected; applied on top of a model's templates. */
export interface TemplateEdit {
  id: string
  kind: 'name' | 'merge' | 'split'
  /** Template texts that it is about. */
  templates: string[]
  value: Record<string, unknown>
  by?: string
  created: number
}

export interface TemplateEditTable {
  add(edit: TemplateEdit): void
  remove(id: string): boolean
  list(query: PageRequest): Page<TemplateEdit>
  all(): TemplateEdit[]
}

interface Row {
  body: string
}

const readRow = ({ body }: Row): TemplateEdit => JSON.parse(body)

export const createTemplateEditTable = (connection: Connection): TemplateEditTable => ({
  add(edit) {
    connection.run(
      'INSERT INTO template_edits (id, created, body) VALUES (?, ?, ?)',
      edit.id,
      edit.created,
      JSON.stringify(edit),
    )
  },
  remove: id => connection.run('DELETE FROM template_edits WHERE id = ?', id).changes === 1,
  list: query =>
    listPage<Row, TemplateEdit>(
      connection,
      {
        list: 'template edits',
        select: 'SELECT created AS at, n, body FROM template_edits',
        at: 'created',
        where: createWhere(),
        read: readRow,
      },
      query,
    ),
  all: () => connection.all<Row>('SELECT body FROM template_edits ORDER BY n').map(readRow),
})
