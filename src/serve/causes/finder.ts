import type { Causes } from '../../api/deps.ts'
import { type ErrorCode, LogbertError } from '../../core/errors.ts'
import type { Seen } from '../../core/rca/keep-report.ts'
import type { Anomaly, LogLine } from '../../core/types.ts'
import type { ModelPlace } from '../model-store.ts'
import { wordsOf } from '../pipeline/served.ts'
import { BEHIND_MS, type Context } from './context.ts'
import type { CauseAnswer, CauseQuestion } from './protocol.ts'

export interface FinderDeps {
  /** A fresh thread that runs `worker.ts`. */
  spawn(): Worker
  place: ModelPlace
  model(): { name: string; version: string } | undefined
  /** Lines around anomalies. */
  context(anomalies: readonly Anomaly[]): Promise<Context>
  /** For people. */
  note(text: string): void
}

/** Questions that may wait; the others are answered from the anomalies alone. */
const MOST_WAITING = 16
const PATIENCE_MS = 60_000
/** A thread that nobody asks for so long gives its memory back, ms. */
const IDLE_MS = 60_000

type Report = Extract<CauseAnswer, { report?: object }>['report']

interface Waiting {
  resolve(report: Report | undefined): void
  reject(error: Error): void
}

/** Looks for causes in a thread of its own, one question after the other. */
export const createCauseFinder = (deps: FinderDeps): Causes & { close(): void } => {
  const { spawn, place, model, context, note } = deps
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let idle: ReturnType<typeof setTimeout> | undefined
  let number = 0

  const end = (why: string): void => {
    worker?.terminate()
    worker = undefined
    for (const { reject } of waiting.values()) reject(ended(why))
    waiting.clear()
  }
  const hear = (answer: CauseAnswer): void => {
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (waiting.size === 0) idle = setTimeout(end, IDLE_MS, 'nobody asks')
    if ('message' in answer) asked?.reject(errorOf(answer))
    else asked?.resolve(answer.report)
  }
  const threadOf = (): Worker => {
    clearTimeout(idle)
    if (worker !== undefined) return worker
    const fresh = spawn()
    fresh.onmessage = ({ data }: MessageEvent<CauseAnswer>) => hear(data)
    fresh.onerror = event => {
      event.preventDefault()
      end(event.message)
    }
    worker = fresh
    return fresh
  }
  const ask = (question: Omit<CauseQuestion, 'id'>): Promise<Report> => {
    const id = ++number
    const { promise, resolve, reject } = Promise.withResolvers<Report>()
    waiting.set(id, { resolve, reject })
    threadOf().postMessage({ ...question, id } satisfies CauseQuestion)
    const late = setTimeout(end, PATIENCE_MS, `it took longer than ${PATIENCE_MS / 1000} s`)
    return promise.finally(() => clearTimeout(late))
  }
  const linesOf = async (anomalies: readonly Anomaly[], lines?: readonly LogLine[]) =>
    lines === undefined ? context(anomalies) : { lines, left: 0, notes: [] }
  return {
    async find({ anomalies, lines: given }): Promise<Seen> {
      const served = model()
      if (served === undefined) return { why: 'there is no model yet' }
      if (waiting.size >= MOST_WAITING) return { why: `${MOST_WAITING} others wait; ask again` }
      try {
        const { lines, ...rest } = await linesOf(anomalies, given)
        if (lines.length === 0) return { why: 'no lines around them are kept' }
        const stretch = given === undefined ? stretchOf(anomalies) : {}
        const report = await ask({ place, model: served, lines, ...rest, stretch })
        return report === undefined
          ? { why: `${served.name}@${served.version} knows nothing of normal time; train it anew` }
          : { report }
      } catch (error) {
        // The report stands on the anomalies alone then.
        note(`looking for a cause failed: ${wordsOf(error)}`)
        const why = error instanceof LogbertError ? error.message : 'the log of the server says why'
        return { why: `looking at the lines around them failed: ${why}` }
      }
    },
    close() {
      clearTimeout(idle)
      end('the server stops')
    },
  }
}

/** Places on the bus say nothing of time: what comes long after the trouble is another matter. */
const stretchOf = (anomalies: readonly Anomaly[]): CauseQuestion['stretch'] => {
  const start = anomalies.reduce((least, { at }) => Math.min(least, at), Infinity)
  const last = anomalies.reduce((most, { lastSeen }) => Math.max(most, lastSeen), 0)
  return start === Infinity ? {} : { start, to: last + BEHIND_MS }
}

const ended = (why: string): LogbertError =>
  new LogbertError('CANCELLED', `the thread that looks for causes ended: ${why}`)

const errorOf = ({ code, message }: { code?: string; message: string }): Error =>
  code === undefined ? new Error(message) : new LogbertError(code as ErrorCode, message)
