/** What the server said to a batch of lines. */
export type PostAnswer =
  /** All are safe; `lines` is the server's own count. */
  | { kind: 'taken'; lines?: number }
  /** None was taken for now, or some of them where that is open. */
  | { kind: 'later'; why: string; afterMs?: number; isOpen?: true }
  | { kind: 'too large'; why: string }
  /** None was taken and none will be. */
  | { kind: 'refused'; why: string }
  /** Nobody knows. */
  | { kind: 'fault'; why: string }

const HINTS: Record<number, string> = {
  401: 'set LOGBERT_TOKEN to a token of the server',
  403: 'LOGBERT_TOKEN must be a token that may write',
  404: '--to must name a LogBERT server',
}

/** @throws what reading the body throws */
export const answerOf = async (response: Response): Promise<PostAnswer> => {
  const { status } = response
  const text = await response.text()
  const body = recordOf(text)
  if (status >= 200 && status < 300) {
    const { accepted } = body
    return typeof accepted === 'number' ? { kind: 'taken', lines: accepted } : { kind: 'taken' }
  }
  const detail = typeof body.detail === 'string' ? body.detail : text.slice(0, 200)
  const hint = HINTS[status] === undefined ? '' : `; ${HINTS[status]}`
  const why = `it answered ${status}${detail === '' ? '' : `: ${detail}`}${hint}`
  if (status === 429 || status === 503) {
    const afterMs = retryAfter(response.headers.get('retry-after'), Date.now())
    // Of its brokers some may have answered it.
    const isOpen = body.title === 'The bus is away'
    return {
      ...{ kind: 'later', why },
      ...(afterMs !== undefined && { afterMs }),
      ...(isOpen && { isOpen }),
    }
  }
  if (status === 413) return { kind: 'too large', why }
  // Gateways answer in the server's stead; what became of the request is open.
  if (status === 408 || status === 500 || status === 502 || status === 504) {
    return { kind: 'fault', why }
  }
  return { kind: 'refused', why }
}

const recordOf = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const LONGEST_MS = 300_000

/** Milliseconds to wait: seconds or a date (RFC 9110 §10.2.3); undefined when absent or no such. */
export const retryAfter = (value: string | null, now: number): number | undefined => {
  if (value === null) return undefined
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_MS, Math.max(0, ms))
}
