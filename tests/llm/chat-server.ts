/** A server that speaks the OpenAI chat interface and keeps what it was asked. */
export interface ChatServer {
  url: string
  requests: ChatRequest[]
  /** Requests whose asker went away before there was an answer. */
  left: number
  stop(): Promise<void>
}

export interface ChatRequest {
  path: string
  authorization: string | null
  raw: string
  body: {
    model: string
    max_tokens: number
    messages: { role: string; content: string }[]
  }
}

export const completion = (content: unknown): Response =>
  Response.json({
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 70, completion_tokens: 9, total_tokens: 79 },
  })

export const chatServer = (
  answer: (request: ChatRequest) => Response | string | Promise<Response>,
): ChatServer => {
  const requests: ChatRequest[] = []
  const state = { left: 0 }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      request.signal.addEventListener('abort', () => state.left++)
      const raw = await request.text()
      const asked = {
        path: new URL(request.url).pathname,
        authorization: request.headers.get('authorization'),
        raw,
        body: JSON.parse(raw) as ChatRequest['body'],
      }
      requests.push(asked)
      const said = await answer(asked)
      return typeof said === 'string' ? completion(said) : said
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}/v1`,
    requests,
    get left() {
      return state.left
    },
    stop: () => server.stop(true),
  }
}
