import type { TellText } from './deps.ts'
import { encodeEvent, SSE_HEADERS } from './event-stream.ts'
import type { MadeReport } from './root-causes.ts'

type Words = (options: { signal: AbortSignal; onText: TellText }) => Promise<MadeReport>

/**
 * The report, then each sentence as it comes, then the whole. Whoever goes away while the words come
 * is told no more, and nobody writes for them.
 */
export const streamReport = (made: MadeReport, signal: AbortSignal, words: Words): Response => {
  const gone = new AbortController()
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (type: string, data: unknown): void => {
        if (!gone.signal.aborted) controller.enqueue(encodeEvent(type, data))
      }
      send('report', made)
      const whole = await words({
        signal: AbortSignal.any([signal, gone.signal]),
        onText: (chunk, evidence) => send('rca-text', { id: made.id, chunk, evidence }),
      })
      send('end', whole)
      if (!gone.signal.aborted) controller.close()
    },
    cancel: () => gone.abort(),
  })
  return new Response(body, { headers: SSE_HEADERS })
}
