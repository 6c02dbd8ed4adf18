import type { Context } from 'hono'
import type { AppDeps } from './deps.ts'
import { ProblemError } from './problem.ts'

/** What an SSE client is sent next; empty bytes mean nothing now. */
export interface NextBytes {
  bytes: Uint8Array
  /** There may be more at once, whether or not there were bytes. */
  more: boolean
}

export interface EventStreams {
  /**
   * Answers with server-sent events: asks for the next bytes whenever the client has room and
   * something has changed, and sends a comment when nothing has for a while. Undefined ends it.
   * @throws ProblemError 503 beyond the most clients
   */
  open(c: Context, next: () => NextBytes | undefined): Response
}

const encoder = new TextEncoder()
const HELLO = encoder.encode('retry: 1000\n\n')
const STILL_HERE = encoder.encode(': still here\n\n')

export const encodeEvent = (type: string, data: unknown): Uint8Array =>
  encoder.encode(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`)

export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

/** All streams of an app: they are counted together. */
export const createEventStreams = (
  deps: Pick<AppDeps, 'limits' | 'metrics' | 'feed'>,
): EventStreams => {
  const { limits, metrics, feed } = deps
  const quiet = 900 * limits.heartbeatSeconds
  let clients = 0
  return {
    open(c, next) {
      if (c.req.method === 'HEAD') return c.body(null, 200, SSE_HEADERS)
      if (clients >= limits.maxClients) {
        throw new ProblemError('too_many_clients', {
          status: 503,
          title: 'Too many clients',
          detail: `${clients} clients listen already; close one, or raise server.maxClients`,
          retryAfter: 10,
        })
      }
      let gone = false
      const leave = (): void => {
        if (gone) return
        gone = true
        metrics.clients.set(--clients)
      }
      metrics.clients.set(++clients)
      const { signal } = c.req.raw
      signal.addEventListener('abort', leave)
      if (signal.aborted) leave()
      let sent = performance.now()
      let greeted = false
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const send = (bytes: Uint8Array): void => {
            sent = performance.now()
            controller.enqueue(bytes)
          }
          if (!greeted) {
            greeted = true
            send(HELLO)
            return
          }
          while (!gone) {
            const found = next()
            if (found === undefined) {
              leave()
              controller.close()
              return
            }
            if (found.bytes.length > 0) {
              send(found.bytes)
              return
            }
            // A long search for what a filter lets through leaves room for others.
            if (found.more) await new Promise(resolve => setTimeout(resolve))
            else await feed.changed()
            if (gone) return
            if (performance.now() - sent < quiet) continue
            send(STILL_HERE)
            return
          }
        },
        cancel: leave,
      })
      return c.body(body, 200, SSE_HEADERS)
    },
  }
}
