/** A server that keeps what comes to POST /logs, as long as `answer` says nothing else. */
export interface Receiver {
  url: string
  /** Lines that were taken, in order. */
  lines: string[]
  /** Sources by request that was taken. */
  sources: (string | null)[]
  requests: { type: string | null; authorization: string | null; lines: number }[]
  stop(): Promise<void>
}

export const receiver = (
  options: {
    /** What to answer the nth request (from 1) with instead of taking it. */
    answer?: (request: number, lines: readonly string[]) => Response | undefined
    port?: number
  } = {},
): Receiver => {
  const lines: string[] = []
  const sources: Receiver['sources'] = []
  const requests: Receiver['requests'] = []
  const server = Bun.serve({
    port: options.port ?? 0,
    hostname: '127.0.0.1',
    maxRequestBodySize: 1 << 30,
    async fetch(request) {
      const url = new URL(request.url)
      if (url.pathname !== '/logs') return new Response('no such page', { status: 404 })
      const got = (await request.text()).split('\n')
      got.pop()
      requests.push({
        type: request.headers.get('content-type'),
        authorization: request.headers.get('authorization'),
        lines: got.length,
      })
      const other = options.answer?.(requests.length, got)
      if (other !== undefined) return other
      lines.push(...got)
      sources.push(url.searchParams.get('source'))
      return Response.json({ accepted: got.length }, { status: 202 })
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    lines,
    sources,
    requests,
    stop: () => server.stop(true),
  }
}

export const problem = (status: number, detail: string, headers: Record<string, string> = {}) =>
  Response.json(
    { type: 'about:blank', title: 'No', status, detail },
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  )
