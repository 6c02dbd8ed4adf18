/** A server that speaks the OpenAI chat interface and keeps what it was asked. */
export interface ChatServer {
  url: string
  requests: ChatRequest[]
  /** Requests whose asker went away before the answer was whole. */
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
    stream: boolean
    messages: { role: string; content: string }[]
    response_format?: { type: string; json_schema?: { schema: unknown } }
  }
}

/** What the server says: a whole answer as text, or any response. */
export type Say = (
  request: ChatRequest,
  place: number,
) => Response | string | Promise<Response | string>

export const USAGE = { prompt_tokens: 70, completion_tokens: 9, total_tokens: 79 }

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`

const chunk = (content: string | null, finish: string | null = null): string =>
  event({
    ...{ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' },
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  })

export interface StreamOptions {
  finish?: string | null
  usage?: boolean
  /** What comes before the end of the stream, instead of the proper one. */
  end?: string
  /** Characters in a piece. */
  size?: number
}

/** An answer in pieces, the last of which has the usage and no choices. */
export const streamed = (content: string, options: StreamOptions = {}): Response => {
  const { finish = 'stop', usage = true, size = 7 } = options
  const pieces = content.match(new RegExp(`[\\s\\S]{1,${size}}`, 'gu')) ?? []
  const end = [
    finish === null ? '' : chunk(null, finish),
    usage ? event({ choices: [], usage: USAGE }) : '',
    'data: [DONE]\n\n',
  ].join('')
  const text = pieces.map(piece => chunk(piece)).join('') + (options.end ?? end)
  return events(new Blob([text]).stream())
}

export const events = (body: ReadableStream<Uint8Array> | string): Response =>
  new Response(body, { headers: { 'content-type': 'text/event-stream' } })

/** Pieces that come one after another when they are asked for, for ever. */
export const endless = (piece: string): Response => {
  const bytes = new TextEncoder().encode(chunk(piece))
  return events(
    new ReadableStream({
      async pull(controller) {
        await Bun.sleep(1)
        controller.enqueue(bytes)
      },
    }),
  )
}

export const never = (): Promise<Response> => new Promise(() => undefined)

export const chatServer = (say: Say): ChatServer => {
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
      const said = await say(asked, requests.push(asked) - 1)
      return typeof said === 'string' ? streamed(said) : said
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
