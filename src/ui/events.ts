import { ask, Refused } from './server.ts'
import { createSseParser, type SseMessage } from './sse.ts'

export interface Listening {
  /** The stream is open: what happens from now on comes, and what was missed since the last time. */
  opened(): void
  heard(message: SseMessage): void
  /** It broke, and is tried again; or the server wants a token (401), and it is over. */
  broke(refused: Refused | undefined): void
}

const RETRY_MS = 1_000
/** A stream with no sign of life, not even a heartbeat, is taken for dead. */
const SILENCE_MS = 60_000

/**
 * Listens to `/events` for as long as the page lives, and goes on where it was. By `fetch`, as an
 * EventSource cannot carry a token.
 */
export const listen = async (listening: Listening): Promise<void> => {
  let last: string | undefined
  const hear = (message: SseMessage): void => {
    last = message.id ?? last
    listening.heard(message)
  }
  for (;;) {
    try {
      await once(last, listening.opened, hear)
      listening.broke(undefined)
    } catch (error) {
      const refused = error instanceof Refused ? error : undefined
      listening.broke(refused)
      if (refused?.status === 401 || refused?.status === 403) return
    }
    await new Promise(resolve => setTimeout(resolve, RETRY_MS))
  }
}

const once = async (
  last: string | undefined,
  opened: () => void,
  hear: (message: SseMessage) => void,
): Promise<void> => {
  const gone = new AbortController()
  const headers: Record<string, string> = last === undefined ? {} : { 'last-event-id': last }
  const answer = await ask('/events', { headers, signal: gone.signal, cache: 'no-store' })
  const reader = answer.body!.getReader()
  const decoder = new TextDecoder()
  const parse = createSseParser()
  opened()
  for (;;) {
    const timer = setTimeout(() => gone.abort(), SILENCE_MS)
    const { done, value } = await reader.read().finally(() => clearTimeout(timer))
    if (done) return
    for (const message of parse(decoder.decode(value, { stream: true }))) hear(message)
  }
}
