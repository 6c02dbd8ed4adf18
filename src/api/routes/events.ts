import { Hono } from 'hono'
import type { AppDeps } from '../deps.ts'
import { ProblemError } from '../problem.ts'

/**
 * Server-sent events: `anomaly`, `train`, `stats`. Every event has an id; Last-Event-ID (or the
 * query `after`) goes on behind it. An event `gap` says how many were overwritten before they were
 * read.
 */
export const eventRoutes = (deps: AppDeps): Hono => {
  let clients = 0
  return new Hono().get('/events', c => {
    const { limits, metrics, events } = deps
    if (clients >= limits.maxClients) {
      throw new ProblemError('too_many_clients', {
        status: 503,
        title: 'Too many clients',
        detail: `${clients} clients listen already; close one, or raise server.maxClients`,
      })
    }
    let position = events.position(c.req.header('last-event-id') ?? c.req.query('after'))
    const gone = new AbortController()
    const leave = (): void => {
      if (gone.signal.aborted) return
      gone.abort()
      metrics.clients.set(--clients)
    }
    metrics.clients.set(++clients)
    c.req.raw.signal.addEventListener('abort', leave)
    const encoder = new TextEncoder()
    let opened = false
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (!opened) {
          opened = true
          controller.enqueue(encoder.encode('retry: 1000\n\n'))
          return
        }
        if (events.read(position).events.length === 0) {
          await events.wait(1000 * limits.heartbeatSeconds, gone.signal)
        }
        if (gone.signal.aborted) return
        const { events: fresh, lost, next } = events.read(position)
        position = next
        metrics.lost.inc(lost)
        const gap = lost > 0 ? `event: gap\ndata: {"lost":${lost}}\n\n` : ''
        const text = fresh
          .map(({ id, type, data }) => `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`)
          .join('')
        controller.enqueue(encoder.encode(gap + text || ': still here\n\n'))
      },
      cancel: leave,
    })
    return c.body(body, 200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
  })
}
