import type { Context } from 'hono'
import type { LogLine } from '../core/types.ts'
import type { AppDeps } from './deps.ts'
import { badRequest, type Fault, tooLarge } from './problem.ts'

/** @throws ProblemError 413 when the body is larger than the limit, told or found while reading. */
export const readBody = async (c: Context, limit: number): Promise<string> => {
  const refuse = () =>
    tooLarge('body_too_large', `the body is larger than ${limit} bytes; send smaller batches`)
  if (Number(c.req.header('content-length') ?? 0) > limit) throw refuse()
  const decoder = new TextDecoder()
  let size = 0
  let text = ''
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.length
    if (size > limit) throw refuse()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** @throws ProblemError 400 with the parser's words. */
export const readJson = async (c: Context, limit: number): Promise<unknown> => {
  const text = await readBody(c, limit)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badRequest(`the body is no JSON: ${error instanceof Error ? error.message : error}`)
  }
}

const MAX_FAULTS = 20
const SOURCE_LENGTH = 256

/**
 * Turns items of a request into lines: strings, or `{message | log, timestamp?, source?}`. An item
 * with newlines is as many lines. Too long lines are cut and counted.
 * @throws ProblemError 400 with the pointer of every faulty item, 413 for too many lines.
 */
export const toLines = (
  items: readonly unknown[],
  pointer: string,
  deps: Pick<AppDeps, 'limits' | 'metrics'>,
  source: string,
): LogLine[] => {
  const { maxBatchLines, maxLine } = deps.limits
  const now = Date.now()
  const faults: Fault[] = []
  const lines: LogLine[] = []
  for (const [i, item] of items.entries()) {
    const line = readItem(item, source, now)
    if (typeof line === 'string') {
      if (faults.length < MAX_FAULTS) faults.push({ pointer: `${pointer}/${i}`, detail: line })
      continue
    }
    for (const text of line.text.split(/\r?\n/)) {
      if (text.length > maxLine) deps.metrics.cut.inc()
      lines.push({ ...line, text: text.slice(0, maxLine) })
    }
    if (lines.length > maxBatchLines) {
      throw tooLarge('too_many_lines', `more than ${maxBatchLines} lines; send smaller batches`)
    }
  }
  if (faults.length === 0) return lines
  throw badRequest('some items are no log lines; nothing was taken', faults)
}

const readItem = (item: unknown, source: string, now: number): LogLine | string => {
  if (typeof item === 'string') return { text: item, source, arrived: now }
  if (typeof item !== 'object' || item === null) {
    return 'expected a string or an object with "message" or "log"'
  }
  const { message, log, timestamp, source: own = source } = item as Record<string, unknown>
  const text = message ?? log
  if (typeof text !== 'string') return 'expected a string in "message" or "log"'
  if (typeof own !== 'string' || own.length > SOURCE_LENGTH) {
    return `expected "source" to be a string of at most ${SOURCE_LENGTH} characters`
  }
  const at = timestamp === undefined ? now : timeOf(timestamp)
  return Number.isNaN(at)
    ? 'expected "timestamp" to be ISO 8601 or epoch milliseconds'
    : { text, source: own, arrived: at }
}

const timeOf = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN

/** Items of a body by its content type: JSON array or `{logs}`, NDJSON, else text lines. */
export const readItems = async (
  c: Context,
  limit: number,
): Promise<{ items: unknown[]; pointer: string }> => {
  const type = c.req.header('content-type') ?? 'text/plain'
  if (/ndjson|jsonl|json-seq/.test(type))
    return { items: ndjson(await readBody(c, limit)), pointer: '' }
  if (type.includes('json')) return jsonItems(await readJson(c, limit))
  const lines = (await readBody(c, limit)).split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return { items: lines, pointer: '' }
}

export const jsonItems = (body: unknown): { items: unknown[]; pointer: string } => {
  if (Array.isArray(body)) return { items: body, pointer: '' }
  const logs = (body as { logs?: unknown } | null)?.logs
  if (Array.isArray(logs)) return { items: logs, pointer: '/logs' }
  throw badRequest('the body holds no lines', [
    { pointer: '/logs', detail: 'expected an array of log lines' },
  ])
}

const ndjson = (text: string): unknown[] => {
  const faults: Fault[] = []
  const items = text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map((line, i) => {
      try {
        return JSON.parse(line) as unknown
      } catch {
        if (faults.length < MAX_FAULTS) faults.push({ pointer: `/${i}`, detail: 'expected JSON' })
        return undefined
      }
    })
  if (faults.length > 0) throw badRequest('some lines are no JSON; nothing was taken', faults)
  return items
}
