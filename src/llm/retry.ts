import { ChatFault } from './chat-fault.ts'

export interface RetryOptions {
  /** Times beyond the first. */
  most: number
  signal: AbortSignal
  /** When there is no more time, by `performance.now()`. */
  deadline: number
}

const FIRST_WAIT = 1000

/**
 * Runs it again where that is worth trying: after as long as the server says, else 1 s, 2 s, 4 s …,
 * up to half of it more at random so that many do not come at once. Gives up at once where the time
 * is too short for waiting.
 * @throws what it threw last; the reason of the signal
 */
export const withRetries = async <T>(
  run: () => Promise<T>,
  { most, signal, deadline }: RetryOptions,
): Promise<T> => {
  for (let i = 0; ; i++) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof ChatFault) || !error.isWorthRepeating || i >= most) throw error
      const wait = (error.retryAfter ?? FIRST_WAIT * 2 ** i) * (1 + Math.random() / 2)
      if (performance.now() + wait >= deadline) throw error
      await pause(wait, signal)
    }
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })

/** `Retry-After` (RFC 9110, 10.2.3) in ms; undefined when it is none. */
export const readRetryAfter = (header: string | null, now = Date.now()): number | undefined => {
  if (header === null) return undefined
  if (/^\s*\d{1,9}\s*$/.test(header)) return 1000 * Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
