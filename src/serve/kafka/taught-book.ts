import type { Course, Taught } from '../../core/pipeline/stream-types.ts'
import type { DecisionRecord } from './decision-record.ts'

/** What all decisions so far teach; workers keep it in place of a database. */
export interface TaughtBook {
  /** Whether anything that scoring knows has changed. */
  take(record: DecisionRecord): boolean
  taught(): Taught
}

export const createTaughtBook = (): TaughtBook => {
  const normals = new Map<string, { course: Course; templates: readonly string[] }>()
  const merges = new Map<string, { id: string; templates: readonly string[] }>()
  return {
    take({ id, decision }) {
      switch (decision.type) {
        case 'judge': {
          const { anomaly, taught } = decision
          const had = normals.delete(anomaly)
          if (taught.course === undefined) return had
          normals.set(anomaly, { course: taught.course, templates: taught.templates })
          return true
        }
        case 'withdraw':
          return normals.delete(decision.anomaly)
        case 'edit': {
          const { kind, templates } = decision.edit
          if (kind !== 'merge') return false
          const key = JSON.stringify(templates)
          // Edits are in order of making, and one in place of another comes last.
          merges.delete(key)
          merges.set(key, { id, templates })
          return true
        }
        case 'undo edit':
          for (const [key, edit] of merges) {
            if (edit.id === decision.edit) return merges.delete(key)
          }
          return false
        default:
          return false
      }
    },
    taught: () => ({
      sessions: [...normals.values()].map(({ course }) => course),
      templates: [...new Set([...normals.values()].flatMap(({ templates }) => templates))],
      aliases: [...merges.values()].flatMap(({ templates: [as, ...same] }) =>
        same.map(template => ({ template, as: as! })),
      ),
    }),
  }
}
