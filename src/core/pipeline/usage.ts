import type { Parser } from '../parse/parser.ts'
import type { LogEvent } from '../types.ts'
import type { StreamState, TemplateUse } from './stream-types.ts'

/** Templates that are counted; those used longest ago go. */
const MOST = 100_000

/** How often each template was seen in a stream, and when last. */
export interface Usage {
  count(event: LogEvent): void
  /** Those that the model does not know. */
  readonly unseen: number
  /** Every template of the model and of the stream, by id. */
  list(): TemplateUse[]
  state(): StreamState['usage']
}

/** @param known ids of the model */
export const createUsage = (
  parser: Pick<Parser, 'template'>,
  known: ReadonlySet<number>,
  from: StreamState['usage'] = [],
): Usage => {
  const used = new Map(from.map(([id, lines, last]) => [id, { lines, last }]))
  let unseen = from.filter(([id]) => !known.has(id)).length
  const forget = (): void => {
    const oldest = [...used].sort(([, a], [, b]) => a.last - b.last).slice(0, MOST / 10)
    for (const [id] of oldest) {
      used.delete(id)
      if (!known.has(id)) unseen--
    }
  }
  return {
    count({ templateId, at }) {
      const use = used.get(templateId)
      if (use !== undefined) {
        use.lines++
        use.last = at
        return
      }
      if (used.size >= MOST) forget()
      used.set(templateId, { lines: 1, last: at })
      if (!known.has(templateId)) unseen++
    },
    get unseen() {
      return unseen
    },
    list() {
      const ids = [...new Set([...known, ...used.keys()])].sort((a, b) => a - b)
      return ids.map(id => {
        const use = used.get(id)
        return {
          ...{ id, text: parser.template(id) ?? `template ${id}`, known: known.has(id) },
          lines: use?.lines ?? 0,
          ...(use !== undefined && { last: use.last }),
        }
      })
    },
    state: () => [...used].map(([id, { lines, last }]) => [id, lines, last]),
  }
}
