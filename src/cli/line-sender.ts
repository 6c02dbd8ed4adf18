import { LogbertError } from '../core/errors.ts'
import type { LogLine } from '../core/types.ts'
import { answerOf, type PostAnswer } from './post-answer.ts'

export interface SenderOptions {
  /** Where lines go: `http://host:port/logs`. */
  url: URL
  token?: string | undefined
  /** Requests on their way at once; with more than one their order at the server is open. */
  inFlight: number
  /** How long the server may refuse or be away before it is given up, ms. */
  patienceMs: number
  /** An answer that takes longer counts as a fault of the connection, ms. */
  timeoutMs: number
  /** Ends waiting for a server that refuses; what is on its way is waited for. */
  signal?: AbortSignal | undefined
}

export interface SenderStats {
  /** Lines that the server said are safe. */
  acknowledged: number
  requests: number
  /** Requests refused for now (429, 503), and so sent again. */
  refused: number
  /** Faults of the connection, after which a request was sent again. */
  faults: number
  /** Lines that were sent again though the server may have taken them the first time, too. */
  doubtful: number
}

/** A batch of lines on its way: all of one source, or each with its own. */
export interface LineBatch {
  lines: readonly LogLine[]
  /** Set where all lines are of this source and carry their own time: sent as plain text. */
  source?: string
}

/** Sends lines in order, with at most so many requests on their way. */
export interface LineSender {
  /** Resolves when there is room for the next batch. @throws LogbertError when one was not taken */
  send(batch: LineBatch): Promise<void>
  /** Resolves when all are acknowledged. @throws LogbertError the same */
  end(): Promise<void>
  readonly stats: Readonly<SenderStats>
  /** What a person should know when it is over. */
  notes(): string[]
}

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

/** Sends lines to `POST /logs`. */
export const createLineSender = (options: SenderOptions): LineSender => {
  const stats: SenderStats = { acknowledged: 0, requests: 0, refused: 0, faults: 0, doubtful: 0 }
  /** Most lines in a request that the server has not called too large. */
  let most = Number.POSITIVE_INFINITY

  const deliver = async (batch: LineBatch): Promise<void> => {
    if (batch.lines.length > most) {
      for (const part of partsOf(batch, most)) await deliver(part)
      return
    }
    const body = bodyOf(batch)
    const begun = performance.now()
    for (let attempt = 0; ; attempt++) {
      stats.requests++
      const answer = await post(options, batch, body)
      if (answer.kind === 'taken') {
        stats.acknowledged += answer.lines ?? batch.lines.length
        return
      }
      if (answer.kind === 'too large' && batch.lines.length > 1) {
        most = Math.min(most, Math.ceil(batch.lines.length / 2))
        return deliver(batch)
      }
      if (answer.kind === 'too large' || answer.kind === 'refused')
        throw failed(options, answer.why)
      if (answer.kind === 'later') stats.refused++
      else stats.faults++
      if (answer.kind === 'fault' || answer.isOpen) stats.doubtful += batch.lines.length
      const wait = waitFor(attempt, answer.kind === 'later' ? answer.afterMs : undefined)
      if (performance.now() + wait - begun > options.patienceMs) {
        const seconds = Math.round((performance.now() - begun) / 1000)
        throw failed(options, `${answer.why}; tried for ${seconds} s, --patience sets how long`)
      }
      await pause(wait, options.signal)
    }
  }
  return {
    stats,
    ...createDelivery(options.inFlight, deliver),
    notes: () => [
      ...(stats.refused > 0
        ? [`${stats.refused} requests were refused for a while and sent again`]
        : []),
      ...doubtNote(stats, 'the server'),
    ],
  }
}

/** Delivers batches in order, with at most so many on their way; the first fault ends it. */
export const createDelivery = (
  inFlight: number,
  deliver: (batch: LineBatch) => Promise<void>,
): Pick<LineSender, 'send' | 'end'> => {
  const going = new Set<Promise<void>>()
  let failure: unknown
  const start = (batch: LineBatch): void => {
    const one: Promise<void> = deliver(batch)
      .catch(error => {
        failure ??= error
      })
      .finally(() => going.delete(one))
    going.add(one)
  }
  const check = (): void => {
    if (failure !== undefined) throw failure
  }
  return {
    async send(batch) {
      while (going.size >= inFlight) await Promise.race(going)
      check()
      start(batch)
    },
    async end() {
      await Promise.all(going)
      check()
    },
  }
}

/** @param who may hold lines twice */
export const doubtNote = ({ doubtful }: SenderStats, who: string): string[] =>
  doubtful === 0
    ? []
    : [`${doubtful} lines were sent again after a fault on the way; ${who} may hold them twice`]

const partsOf = (batch: LineBatch, most: number): LineBatch[] => {
  const parts: LineBatch[] = []
  for (let at = 0; at < batch.lines.length; at += most) {
    parts.push({ ...batch, lines: batch.lines.slice(at, at + most) })
  }
  return parts
}

/** Every line ends with a newline, so that a blank last line is one, too. */
const bodyOf = ({ lines, source }: LineBatch): string =>
  lines
    .map(line =>
      source === undefined
        ? `${JSON.stringify({ message: line.text, source: line.source, timestamp: line.arrived })}\n`
        : `${line.text}\n`,
    )
    .join('')

const post = async (
  { url, token, timeoutMs }: SenderOptions,
  { source }: LineBatch,
  body: string,
): Promise<PostAnswer> => {
  const target = new URL(url)
  if (source !== undefined) target.searchParams.set('source', source)
  try {
    const response = await fetch(target, {
      method: 'POST',
      headers: {
        'content-type': source === undefined ? 'application/x-ndjson' : 'text/plain; charset=utf-8',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    return await answerOf(response)
  } catch (error) {
    return { kind: 'fault', why: error instanceof Error ? error.message : `${error}` }
  }
}

const failed = ({ url }: SenderOptions, why: string): LogbertError =>
  new LogbertError('BAD_INPUT', `sending lines to ${url.origin}${url.pathname} failed: ${why}`)

/** As long as the server asks; else twice as long each time, and never all clients at once. */
export const waitFor = (attempt: number, askedMs: number | undefined): number => {
  if (askedMs !== undefined) return askedMs * (1 + 0.1 * Math.random())
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt)
  return longest * (0.5 + 0.5 * Math.random())
}

/** @throws the signal's reason when it fires before. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
