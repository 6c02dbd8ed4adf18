import type { Config } from '../config.ts'
import { LogbertError } from '../core/errors.ts'

export interface Listening {
  port: number | undefined
  /** Takes nothing new, waits a while for answers that are under way, then ends all connections. */
  stop(): Promise<void>
}

/** How long requests that have begun may take when it is to stop, ms. */
const GRACE_MS = 4_000
const LOOK_MS = 10

/**
 * @param listeners how many streams of events are open: no one waits for their end
 * @throws LogbertError BAD_CONFIG when the address cannot be had
 */
export const listen = (
  { server: { host, port } }: Pick<Config, 'server'>,
  answer: (request: Request) => Response | Promise<Response>,
  listeners: () => Promise<number>,
): Listening => {
  const server = open(host, port, answer)
  return {
    port: server.port,
    async stop() {
      void server.stop()
      const deadline = performance.now() + GRACE_MS
      while (performance.now() < deadline && server.pendingRequests > (await listeners())) {
        await new Promise(resolve => setTimeout(resolve, LOOK_MS))
      }
      await server.stop(true)
    },
  }
}

const open = (
  hostname: string,
  port: number,
  answer: (request: Request) => Response | Promise<Response>,
) => {
  try {
    return Bun.serve({
      ...{ hostname, port },
      // Quiet SSE streams stay open.
      idleTimeout: 0,
      // Each route counts what it reads and answers with problem details.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: request => answer(request),
    })
  } catch (cause) {
    throw new LogbertError(
      'BAD_CONFIG',
      `listening on ${hostname}:${port} failed: ` +
        `${cause instanceof Error ? cause.message : cause}; use another port (0 picks a free one)`,
      { cause },
    )
  }
}
