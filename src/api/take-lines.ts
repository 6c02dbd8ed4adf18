import type { Context } from 'hono'
import { isJson, mediaType, parseJson, readBody } from './body.ts'
import type { AppDeps } from './deps.ts'
import { itemLines, parseNdjson, type TakenLines, textLines } from './log-items.ts'
import { faulty, wrongType } from './problem.ts'

const NDJSON = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl'])
const TEXT = new Set(['', 'text/plain', 'application/octet-stream'])

/** Content types of lines, for people. */
const KNOWN = 'text/plain, application/x-ndjson or application/json'

/**
 * Lines of a body by its content type: text, NDJSON, a JSON array or `{"logs": […]}`. All are taken
 * or none.
 * @throws ProblemError 400, 413, 415 or 422
 */
export const takeLines = async (
  c: Context,
  deps: Pick<AppDeps, 'limits' | 'metrics'>,
  source: string,
): Promise<TakenLines> => {
  const { limits } = deps
  const type = mediaType(c)
  if (!isJson(type) && !NDJSON.has(type) && !TEXT.has(type)) {
    throw wrongType(`the content-type ${type} is not known; send ${KNOWN}`)
  }
  const bytes = await readBody(c, limits.maxBodyBytes)
  const now = Date.now()
  if (TEXT.has(type)) return textLines(bytes, source, now, limits)
  if (NDJSON.has(type)) return itemLines(parseNdjson(bytes), '', source, now, limits)
  const { items, pointer } = itemsOf(parseJson(bytes))
  return itemLines(items, pointer, source, now, limits)
}

/** @throws ProblemError 422 for anything but an array or `{"logs": […]}` */
export const itemsOf = (body: unknown): { items: readonly unknown[]; pointer: string } => {
  if (Array.isArray(body)) return { items: body, pointer: '' }
  const object = typeof body === 'object' && body !== null ? body : {}
  const { logs, ...others } = object as { logs?: unknown }
  const faults = Object.keys(others).map(name => ({
    pointer: `/${name}`,
    detail: 'there is no such field',
  }))
  if (!Array.isArray(logs)) {
    faults.unshift({ pointer: '/logs', detail: 'expected an array of log lines' })
  }
  if (faults.length > 0) throw faulty('the body holds no lines; nothing was taken', faults)
  return { items: logs as unknown[], pointer: '/logs' }
}

/** Counts what was changed on the way in, once the lines are taken. */
export const countTaken = (
  { metrics }: Pick<AppDeps, 'metrics'>,
  { messages, cut, replaced }: TakenLines,
): void => {
  let chars = 0
  for (const { text } of messages) chars += text.length
  metrics.lines.inc(messages.length)
  metrics.bytes.inc(chars)
  if (cut > 0) metrics.cut.inc(cut)
  if (replaced > 0) metrics.replaced.inc(replaced)
}
