import { mkdtemp, open, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import type { Trainer, TrainJob, TrainRequest } from '../api/deps.ts'
import type { EventRing } from '../api/event-ring.ts'
import type { Metrics } from '../api/metrics.ts'
import { LogbertError } from '../core/errors.ts'

/** What the training worker says, one object a message. */
export type TrainMessage =
  | ({ type: 'progress' } & Record<string, unknown>)
  | { type: 'done'; name: string; version: string }
  | { type: 'error'; code: string; message: string }

export interface TrainJobsDeps {
  events: EventRing
  metrics: Metrics
  data: string
  maxUploadBytes: number
  /** A fresh worker that answers one request with `TrainMessage`s. */
  spawn(): Worker
  /** What the worker is sent. */
  task(request: TrainRequest): unknown
  /** A new version was published; resolves when it is served where it is to be served. */
  published(name: string, version: string): Promise<void>
}

const MOST_WAITING = 16
const MOST_KEPT = 100

/** Training jobs, one at a time, each in a worker of its own, so that requests never wait for it. */
export const createTrainJobs = (deps: TrainJobsDeps): Trainer & { stop(): void } => {
  const jobs = new Map<string, TrainJob>()
  const queue: { job: TrainJob; request: TrainRequest }[] = []
  const uploads = new Set<string>()
  let current: { job: TrainJob; worker: Worker; request: TrainRequest } | undefined
  let number = 0

  const tell = (job: TrainJob): void => {
    deps.events.publish('train', job)
  }
  const end = (job: TrainJob, state: TrainJob['state'], path: string): void => {
    job.state = state
    job.ended = new Date().toISOString()
    deps.metrics.trainingRuns.inc({ state })
    if (uploads.delete(path)) void rm(dirname(path), { recursive: true, force: true })
    tell(job)
  }
  const finish = (state: TrainJob['state']): void => {
    if (current === undefined) return
    const { job, worker, request } = current
    current = undefined
    worker.terminate()
    end(job, state, request.path)
    runNext()
  }
  const hear = (message: TrainMessage): void => {
    if (current === undefined) return
    const { job } = current
    if (message.type === 'progress') {
      job.progress = message
      countProgress(deps.metrics, message)
      tell(job)
    } else if (message.type === 'done') {
      job.bundle = { name: message.name, version: message.version }
      const { worker } = current
      // Who reads `done` may rely on the new model.
      const settle = (state: 'done' | 'failed'): void => {
        if (current?.worker === worker) finish(state)
      }
      deps.published(message.name, message.version).then(
        () => settle('done'),
        (error: unknown) => {
          const why = error instanceof Error ? error.message : `${error}`
          job.error = {
            code: 'NOT_SERVED',
            message: `the model was published as ${message.name}@${message.version}, serving it failed: ${why}`,
          }
          settle('failed')
        },
      )
    } else {
      job.error = { code: message.code, message: message.message }
      finish('failed')
    }
  }
  const runNext = (): void => {
    const next = current === undefined ? queue.shift() : undefined
    if (next === undefined) return
    const worker = deps.spawn()
    current = { ...next, worker }
    next.job.state = 'running'
    worker.onmessage = event => {
      if (current?.worker === worker) hear(event.data as TrainMessage)
    }
    worker.onerror = event => {
      if (current?.worker === worker) hear({ type: 'error', code: 'CRASH', message: event.message })
    }
    worker.postMessage(deps.task(next.request))
    tell(next.job)
  }
  const forgetOld = (): void => {
    for (const [id, job] of jobs) {
      if (jobs.size <= MOST_KEPT) return
      if (job.ended !== undefined) jobs.delete(id)
    }
  }
  return {
    start(request, file) {
      if (queue.length >= MOST_WAITING) {
        throw new LogbertError(
          'LIMIT',
          `starting the training failed: ${queue.length} jobs wait already; cancel one or try later`,
        )
      }
      const { path: _, ...asked } = request
      const job: TrainJob = {
        id: `${++number}`,
        state: 'waiting',
        request: { ...asked, file },
        created: new Date().toISOString(),
      }
      jobs.set(job.id, job)
      queue.push({ job, request })
      forgetOld()
      runNext()
      return job
    },
    get: id => jobs.get(id),
    list: () => [...jobs.values()],
    cancel(id) {
      // What is published already cannot be taken back.
      if (current?.job.id === id && current.job.bundle !== undefined) return true
      if (current?.job.id === id) finish('cancelled')
      else {
        const at = queue.findIndex(({ job }) => job.id === id)
        if (at < 0) return false
        const [gone] = queue.splice(at, 1)
        end(gone!.job, 'cancelled', gone!.request.path)
      }
      return true
    },
    locate: file => locateBelow(deps.data, file),
    async keep(body) {
      const path = await keepUpload(body, deps.maxUploadBytes)
      if (path !== undefined) uploads.add(path)
      return path
    },
    stop() {
      current?.worker.terminate()
      for (const path of uploads) void rm(dirname(path), { recursive: true, force: true })
    },
  }
}

/** A file below the folder, links followed; undefined for what is elsewhere or no file. */
const locateBelow = async (folder: string, file: string): Promise<string | undefined> => {
  const root = await realpath(folder).catch(() => undefined)
  const path = root && (await realpath(resolve(root, file)).catch(() => undefined))
  if (root === undefined || path === undefined || !path.startsWith(root + sep)) return undefined
  return (await stat(path)).isFile() ? path : undefined
}

const keepUpload = async (
  body: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<string | undefined> => {
  const folder = await mkdtemp(join(tmpdir(), 'logbert-upload-'))
  const path = join(folder, 'upload')
  const file = await open(path, 'w')
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > limit) break
      await file.write(chunk)
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  } finally {
    await file.close()
    if (size > limit) await rm(folder, { recursive: true })
  }
  return size > limit ? undefined : path
}

const countProgress = (metrics: Metrics, progress: Record<string, unknown>): void => {
  const set = (gauge: { set(value: number): void }, name: string): void => {
    const value = progress[name]
    if (typeof value === 'number') gauge.set(value)
  }
  // An epoch is over when its model is checked.
  if (progress.stage === 'validate') metrics.trainingEpochs.inc()
  set(metrics.trainingLoss, 'loss')
  set(metrics.trainingGradient, 'gradientNorm')
  set(metrics.trainingRate, 'learningRate')
}
