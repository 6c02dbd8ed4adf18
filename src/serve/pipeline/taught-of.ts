import type { Taught } from '../../core/pipeline/stream-types.ts'
import type { Database } from '../../db/database.ts'

/** What people said is normal, and which templates they said are the same. */
export const taughtOf = (db: Pick<Database, 'feedback' | 'templateEdits'>): Taught => {
  const normals = db.feedback.normals()
  return {
    sessions: normals.map(({ kind, session }) => ({ kind, templates: session })),
    templates: [...new Set(normals.flatMap(({ templates }) => templates))],
    aliases: db.templateEdits
      .all()
      .filter(({ kind }) => kind === 'merge')
      .flatMap(({ templates }) => {
        const [as, ...same] = templates
        return same.map(template => ({ template, as: as! }))
      }),
  }
}
