import type { Connection } from './connection.ts'
import type { TemplateEdit, TemplateEditTable } from './database.ts'
import { listPage } from './paging.ts'
import { createWhere } from './where.ts'

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
