import { Hono } from 'hono'
import * as v from 'valibot'
import type { AnomalyKind } from '../../core/types.ts'
import type { AppDeps } from '../deps.ts'
import { EVERYTHING, type EventFilter } from '../event-feed.ts'
import { type EventStreams, encodeEvent } from '../event-stream.ts'
import { type AppEnv, operation } from '../operation.ts'
import { ANOMALY_KINDS } from '../schemas/anomaly.ts'
import { listText, numberText, wholeText, words } from '../schemas/common.ts'
import { takesQuery } from '../takes.ts'

export const EVENT_TYPES = [
  ...(['anomaly', 'incident', 'rca', 'rca-text', 'train', 'model', 'stats'] as const),
] as const

const query = v.strictObject({
  after: v.optional(
    wholeText(0, Number.MAX_SAFE_INTEGER, 'As `Last-Event-ID`; 0 for all that is kept.'),
  ),
  types: v.optional(listText(EVENT_TYPES, 'Only these events.')),
  kinds: v.optional(listText(ANOMALY_KINDS, 'Of anomalies only these.')),
  source: v.optional(words(256, 'Of events that have a source only those of this one.')),
  minScore: v.optional(numberText('Of events that have a score only those from this one on.')),
})

const DESCRIPTION =
  'Events `anomaly`, `incident` (`{"change", "incident"}`), `rca`, `train`, `model`: each has an ' +
  'id, and a client that comes back with it (`Last-Event-ID`, `?after=`) goes on behind it without ' +
  'a gap. `stats` are figures now and then, ' +
  '`rca-text` the sentences of a root cause as they are written (`{"id", "chunk", "evidence"}`, or ' +
  '`"withdrawn"`; an `rca` with all of them follows): neither is kept or has an id. `gap` (`{"lost": n}`) says ' +
  'that n events, of any kind, were removed before they could be read. A filter looks at events ' +
  'that have what it asks for; others pass, unless `types` leaves them out.'

/** Server-sent events. */
export const eventRoutes = (deps: AppDeps, streams: EventStreams): Hono<AppEnv> =>
  new Hono<AppEnv>().get(
    '/events',
    operation({
      tag: 'Events',
      role: 'viewer',
      summary: 'Server-sent events',
      description: DESCRIPTION,
      headers: { 'Last-Event-ID': 'Id of the latest event that was received' },
      answers: { 200: { description: 'A stream that does not end', type: 'text/event-stream' } },
      problems: { 503: 'Too many clients listen.' },
    }),
    takesQuery(query),
    c => {
      const { after, ...wanted } = c.req.valid('query')
      const last = lastId(c.req.header('last-event-id')) ?? after
      const reader = deps.feed.reader(last, filterOf(wanted))
      return streams.open(c, () => {
        const chunk = reader.read()
        if (chunk.lost === 0) return chunk
        deps.metrics.lost.inc(chunk.lost)
        const gap = encodeEvent('gap', { lost: chunk.lost })
        return { ...chunk, bytes: joinTwo(gap, chunk.bytes) }
      })
    },
  )

/** An id that is no number is of another program: all that is kept is new to its client. */
const lastId = (header: string | undefined): number | undefined =>
  header === undefined || header === '' ? undefined : /^\d{1,15}$/.test(header) ? Number(header) : 0

interface Wanted {
  types?: readonly string[] | undefined
  kinds?: readonly AnomalyKind[] | undefined
  source?: string | undefined
  minScore?: number | undefined
}

const filterOf = (wanted: Wanted): EventFilter => {
  const { types, kinds, source, minScore } = wanted
  const key = JSON.stringify([types, kinds, source, minScore])
  if (Object.values(wanted).every(each => each === undefined)) return EVERYTHING
  return {
    key,
    accepts: event =>
      (types?.includes(event.type) ?? true) &&
      (event.kind === undefined || (kinds?.includes(event.kind) ?? true)) &&
      (event.source === undefined || source === undefined || event.source === source) &&
      (event.score === undefined || minScore === undefined || event.score >= minScore),
  }
}

const joinTwo = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
