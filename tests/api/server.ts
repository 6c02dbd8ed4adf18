import { afterAll } from 'bun:test'
import { openService, type ServiceOptions } from './service.ts'

/** The interface behind a real server on a free port. */
export const serve = async (options: ServiceOptions = {}) => {
  const service = await openService(options)
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch: request => service.app.fetch(request),
  })
  afterAll(() => server.stop(true))
  const url = `http://127.0.0.1:${server.port}`
  return {
    ...{ service, url, port: server.port! },
    listen: (path: string, headers: Record<string, string> = {}) =>
      fetch(`${url}${path}`, { headers }),
    stop: () => server.stop(true),
  }
}

export interface SseEvent {
  id: string
  event: string
  data: string
}

/** Events of a piece of a stream; comments and fields of the connection are left out. */
export const parseEvents = (text: string): SseEvent[] =>
  text
    .split('\n\n')
    .map(block => {
      const fields = block.split('\n').map(line => line.split(/: (.*)/s) as [string, string])
      return { id: '', event: '', data: '', ...Object.fromEntries(fields) } as SseEvent
    })
    .filter(event => event.event !== '')

/** Reads SSE until `enough` says so; fails when the stream ends before. */
export const readEvents = async (
  response: Response,
  enough: (events: SseEvent[], text: string) => boolean,
): Promise<SseEvent[]> => {
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`the stream ended after ${JSON.stringify(text)}`)
    text += decoder.decode(value, { stream: true })
    const events = parseEvents(text.slice(0, text.lastIndexOf('\n\n') + 2))
    if (enough(events, text)) {
      await reader.cancel()
      return events
    }
  }
}

/** Waits for a condition. */
export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await Bun.sleep(2)
}
