import type { PipelineHandle, PipelineStats } from '../../api/deps.ts'
import type { Config } from '../../config.ts'
import { type ErrorCode, LogbertError } from '../../core/errors.ts'
import type {
  InferAnswer,
  KafkaEvent,
  PipelineCounts,
  Question,
  TemplatesAnswer,
  Told,
} from './protocol.ts'
import { wordsOf } from './served.ts'

export interface HandleDeps {
  /** A fresh pipeline worker. */
  spawn(): Worker
  /** Events up to this one are in the database. */
  stored(upTo: number): void
  counted(counts: PipelineCounts): void
  /** Another model than before is served. */
  serves(model: { name: string; version: string }): void
  /** Something happened with the brokers. */
  kafka?(event: KafkaEvent): void
  note(text: string): void
}

export interface PipelineWorker extends PipelineHandle {
  /** Resolves when lines are read, or it is known that there is no model to read them with. */
  readonly started: Promise<void>
  /** Finishes what is in flight and keeps what is open. */
  stop(): Promise<void>
}

const NOTHING: PipelineStats = {
  ...{ lines: 0, sessions: 0, anomalies: 0, linesPerSecond: 0, openSessions: 0, heldEvents: 0 },
  ...{ sources: 0, templates: 0, unseenTemplates: 0, lag: 0, lateLines: 0, cutLines: 0 },
  ...{ evicted: 0, cacheHits: 0, cacheMisses: 0, checkpoints: 0, suppressed: 0 },
}
const RESTART_MS = 1_000
/** A server that is told to stop has ten seconds in all. */
const MOST_STOPPING_MS = 5_000

interface Waiting {
  question: Question
  resolve(value: unknown): void
  reject(error: Error): void
}

/** The main thread's side of the pipeline worker; one that crashes is replaced by a fresh one. */
export const createPipelineWorker = (config: Config, deps: HandleDeps): PipelineWorker => {
  const waiting = new Map<number, Waiting>()
  const begun = Promise.withResolvers<void>()
  /** Undefined from the end of one to the start of the next. */
  let worker: Worker | undefined
  let number = 0
  let model: { name: string; version: string } | undefined
  let stats = NOTHING
  let trouble: string | undefined = 'the pipeline is starting'
  let stopping = false

  const settle = (id: number, how: (asked: Waiting) => void): void => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (asked !== undefined) how(asked)
  }
  const heard: { [T in Told['type']]: (told: Extract<Told, { type: T }>) => void } = {
    answer: ({ id, value }) => settle(id, ({ resolve }) => resolve(value)),
    failed: told => settle(told.id, ({ reject }) => reject(errorOf(told))),
    stored: ({ upTo }) => deps.stored(upTo),
    stats(told) {
      stats = told.stats
      deps.counted(told.counts)
    },
    model(told) {
      model = told.model ?? undefined
      if (model !== undefined) {
        if (told.fresh) deps.serves(model)
        return
      }
      trouble = undefined
      begun.resolve()
    },
    ready() {
      trouble = undefined
      begun.resolve()
    },
    trouble({ message }) {
      trouble = message
      begun.resolve()
      deps.note(`the pipeline stopped and tries again: ${message}`)
    },
    kafka: ({ event }) => deps.kafka?.(event),
    note: ({ text }) => deps.note(text),
  }
  const hear = (told: Told): void => (heard[told.type] as (told: Told) => void)(told)
  const crashed = (why: string): void => {
    worker = undefined
    trouble = `its thread ended: ${why}`
    // What was asked may be what ended it: it is not asked again.
    for (const { reject } of waiting.values()) reject(ended(why))
    waiting.clear()
    begun.resolve()
    if (stopping) return
    deps.note(`the pipeline ended and is started again: ${why}`)
    setTimeout(() => {
      if (!stopping) begin()
    }, RESTART_MS)
  }
  const begin = (): void => {
    const fresh = deps.spawn()
    worker = fresh
    fresh.onmessage = ({ data }: MessageEvent<Told>) => {
      if (worker === fresh) hear(data)
    }
    fresh.onerror = event => {
      event.preventDefault()
      if (worker === fresh) crashed(faultIn(event.message))
    }
    // A thread may end without an error.
    fresh.addEventListener('close', () => {
      if (worker === fresh) crashed('it gave no reason')
    })
    fresh.postMessage({ type: 'start', config } satisfies Question)
    for (const { question } of waiting.values()) fresh.postMessage(question)
  }
  /** What is asked while there is no worker waits for the next one. */
  const ask = <T>(question: (id: number) => Question): Promise<T> => {
    const id = ++number
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const asked = question(id)
    waiting.set(id, { question: asked, resolve, reject })
    worker?.postMessage(asked)
    return promise as Promise<T>
  }
  begin()
  return {
    started: begun.promise,
    model: () => model,
    stats: () => stats,
    trouble: () => trouble,
    infer: lines => ask<InferAnswer>(id => ({ type: 'infer', id, lines })),
    templates: () => ask<TemplatesAnswer>(id => ({ type: 'templates', id })),
    refresh: () => ask<void>(id => ({ type: 'refresh', id })),
    async stop() {
      stopping = true
      const last = worker
      if (last !== undefined) {
        // Everything found is saved as it is found: one that takes too long is ended as it stands.
        const late = setTimeout(crashed, MOST_STOPPING_MS, 'it took too long to stop')
        await ask<void>(id => ({ type: 'stop', id })).catch(error => {
          deps.note(`stopping the pipeline failed: ${wordsOf(error)}`)
        })
        clearTimeout(late)
      }
      worker = undefined
      last?.terminate()
      for (const { reject } of waiting.values()) reject(ended('the server stops'))
      waiting.clear()
    },
  }
}

const ended = (why: string): LogbertError =>
  new LogbertError(
    'CANCELLED',
    `asking the pipeline failed: its thread ended before it answered (${why}); ask again in a moment`,
  )

/** What is shown of an uncaught error may begin with a piece of source. */
const faultIn = (message: string): string => /^error: (.+)$/m.exec(message)?.[1] ?? message

const errorOf = ({ code, message }: { code?: string; message: string }): Error =>
  code === undefined ? new Error(message) : new LogbertError(code as ErrorCode, message)
