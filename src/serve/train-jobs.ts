import { randomBytes } from 'node:crypto'
import type {
  KeptTrainRequest,
  TrainJob,
  TrainJobProgress,
  TrainJobResult,
  TrainRequest,
  TrainService,
} from '../api/train-service.ts'
import { LogbertError } from '../core/errors.ts'
import type { Registry } from '../core/store/registry.ts'
import type { Database, Job, JobState, Page } from '../db/database.ts'
import { createTrainFolders } from './train-folders.ts'
import { countEnd, countProgress, type TrainMetrics } from './train-metrics.ts'
import { type SpawnTraining, spawnTraining, type TrainProcess } from './train-process.ts'
import { promoteByRules } from './train-promotion.ts'
import { completeOptions, fixStretch, locate, type TrainDefaults } from './train-request.ts'
import type { TrainMessage } from './train-task.ts'
import { taskOf } from './train-task-of.ts'

export interface TrainJobsDeps {
  db: Pick<Database, 'jobs' | 'feedback'>
  registry: Registry
  /** Folders of the files that requests may name (and of uploads and jobs), and of the models. */
  data: string
  models: string
  /** File of the embedded bus; `bus.db` in the data folder when absent. */
  bus?: string
  /** Longest line in characters; the rest is cut off. */
  maxLine?: number
  defaults: TrainDefaults
  limits: { running?: number; waiting: number; uploadBytes: number }
  /** A job is another one now, or its progress is. Changes of state are few, progress is not. */
  tell(job: TrainJob, what: 'state' | 'progress'): void
  metrics: TrainMetrics
  /** A model became `latest`; resolves when it is served where it is to be served. */
  promoted(name: string, version: string): Promise<void>
  /** Of faults that no job can tell. */
  note(text: string): void
  spawn?: SpawnTraining
}

export interface TrainJobs extends TrainService {
  /** Ends what runs; it goes on when the service is made again. */
  stop(): Promise<void>
}

interface Running {
  job: TrainJob
  process?: TrainProcess
  /** When its progress was written to the database, by `performance.now()`. */
  kept: number
  /** Resolves when the model of the job is promoted, or not, and the job is over. */
  settling?: Promise<void>
}

/** Progress is written to the database this often, ms, and at the end of each epoch. */
const KEEP_MS = 2000
/** Ends of the server that a job may bring about before it is given up. */
const MOST_STARTS = 5

/**
 * Training jobs, each in a process of its own, so that requests never wait for one. They are kept in
 * the database: what waits stays queued over restarts, what runs goes on from its last epoch.
 */
export const createTrainJobs = async (deps: TrainJobsDeps): Promise<TrainJobs> => {
  const { db, registry, limits, spawn = spawnTraining } = deps
  const folders = createTrainFolders(deps.data, limits.uploadBytes)
  const running = new Map<string, Running>()
  const waiting: TrainJob[] = []
  /** Jobs whose upload is on its way. */
  let coming = 0
  let stopped = false

  const keep = (job: TrainJob): void => {
    try {
      db.jobs.put(job)
    } catch (error) {
      deps.note(`keeping the training job ${job.id} failed: ${messageOf(error)}`)
    }
  }
  const change = (job: TrainJob): void => {
    keep(job)
    deps.tell(job, 'state')
  }
  /** What runs is known here better than in the database, where not every step is worth a write. */
  const now = (job: Job): TrainJob => ({ ...((running.get(job.id)?.job ?? job) as TrainJob) })
  const end = async (job: TrainJob, state: JobState, error?: TrainJob['error']): Promise<void> => {
    running.delete(job.id)
    Object.assign(job, { state, ended: Date.now() }, error && { error })
    countEnd(deps.metrics, job)
    change(job)
    await folders.remove(job.id).catch(fault => deps.note(messageOf(fault)))
    runNext()
  }
  const fail = (job: TrainJob, error: unknown): Promise<void> =>
    end(job, 'failed', { code: codeOf(error), message: messageOf(error) })

  const hear = (entry: Running, message: TrainMessage): void => {
    const { job } = entry
    if (stopped || running.get(job.id) !== entry) return
    if (message.type === 'error') {
      entry.settling = end(job, 'failed', { code: message.code, message: message.message })
    } else if (message.type === 'progress') {
      const { type: _, ...progress } = message
      countProgress(deps.metrics, progress)
      // An epoch that is over is kept: what comes next begins from there.
      const starts = message.stage === 'validate' ? 1 : startsOf(job)
      job.progress = { ...reached(job.progress), ...progress, starts }
      if (message.stage === 'validate' || performance.now() - entry.kept > KEEP_MS) {
        entry.kept = performance.now()
        keep(job)
      }
      deps.tell(job, 'progress')
    } else {
      job.result = message.result
      change(job)
      entry.settling = settle(job, job.result)
    }
  }
  const settle = async (job: TrainJob, result: TrainJobResult): Promise<void> => {
    try {
      job.result = { ...result, ...(await promoteByRules(registry, job.request, result)) }
      if (job.result.promoted) await serve(job.result)
      await end(job, 'done')
    } catch (error) {
      await fail(job, error)
    }
  }
  const serve = async ({ name, version }: TrainJobResult): Promise<void> => {
    try {
      await deps.promoted(name, version)
    } catch (error) {
      const what = `the model was published as ${name}@${version}, serving it failed`
      throw Object.assign(new Error(`${what}: ${messageOf(error)}`), { code: 'NOT_SERVED' })
    }
  }
  const run = async (entry: Running): Promise<void> => {
    const { job } = entry
    job.state = 'running'
    job.started ??= Date.now()
    const starts = startsOf(job) + 1
    job.progress = { phase: 'starting', ...job.progress, starts }
    change(job)
    if (job.result !== undefined) return settle(job, job.result)
    if (starts > MOST_STARTS) return fail(job, tooManyStarts())
    try {
      const task = await taskOf(job, { ...deps, folders, served: deps.defaults.name })
      if (stopped || running.get(job.id) !== entry) return
      entry.process = spawn(task, message => hear(entry, message))
    } catch (error) {
      await fail(job, error)
    }
  }
  const runNext = (): void => {
    while (!stopped && running.size < (limits.running ?? 1)) {
      const job = waiting.shift()
      if (job === undefined) return
      const entry: Running = { job, kept: performance.now() }
      running.set(job.id, entry)
      entry.settling = run(entry)
    }
  }
  const checkRoom = (): void => {
    if (waiting.length + coming < limits.waiting) return
    throw new LogbertError(
      'LIMIT',
      `starting the training failed: ${waiting.length + coming} jobs wait already ` +
        '(train.maxWaiting); cancel one or try later',
    )
  }
  const keptRequest = async (
    id: string,
    { source, options }: TrainRequest,
  ): Promise<KeptTrainRequest> => {
    const complete = completeOptions(options, deps.defaults)
    if (complete.labels !== undefined) await locate(deps.data, complete.labels)
    if ('bus' in source) return { ...complete, bus: fixStretch(source.bus, Date.now()) }
    if ('file' in source) {
      await locate(deps.data, source.file)
      return { ...complete, file: source.file }
    }
    return { ...complete, upload: { bytes: await folders.keep(id, source.upload, source.bytes) } }
  }

  const get = (id: string): TrainJob | undefined => {
    const job = db.jobs.get(id)
    return job && now(job)
  }
  const unfinished = db.jobs.unfinished().map(job => job as TrainJob)
  await folders.sweep(new Set(unfinished.map(({ id }) => id)))
  const wasRunning = (job: Job): number => (job.state === 'running' ? 0 : 1)
  waiting.push(...unfinished.sort((a, b) => wasRunning(a) - wasRunning(b)))
  runNext()

  return {
    async start(request) {
      if (stopped)
        throw new LogbertError('CANCELLED', 'starting the training failed: the server ends')
      checkRoom()
      const id = newId()
      coming++
      try {
        const kept = await keptRequest(id, request)
        const job: TrainJob = { id, state: 'waiting', request: kept, created: Date.now() }
        db.jobs.put(job)
        waiting.push(job)
        deps.tell(job, 'state')
      } catch (error) {
        await folders.remove(id)
        throw error
      } finally {
        coming--
      }
      runNext()
      return get(id)!
    },
    get,
    list(query) {
      const { items, next }: Page<Job> = db.jobs.list(query)
      return { items: items.map(now), next }
    },
    async cancel(id) {
      const at = waiting.findIndex(job => job.id === id)
      const entry = running.get(id)
      if (at >= 0) await end(waiting.splice(at, 1)[0]!, 'cancelled')
      else if (entry !== undefined && entry.job.result === undefined) {
        running.delete(id)
        await entry.process?.stop()
        // It may be about to begin: then it sees that it must not.
        await entry.settling
        await end(entry.job, 'cancelled')
      }
      return get(id)
    },
    async stop() {
      stopped = true
      for (const { job, process, settling } of running.values()) {
        await process?.stop()
        await settling
        if (job.ended !== undefined) continue
        // The server ended in order: that is none of the job's doing.
        job.progress = { phase: 'starting', ...job.progress, starts: startsOf(job) - 1 }
        db.jobs.put(job)
      }
    },
  }
}

const startsOf = ({ progress }: TrainJob): number => progress?.starts ?? 0

/** What training reached stays to be seen while and after the model is evaluated. */
const reached = (progress: TrainJobProgress | undefined): Partial<TrainJobProgress> => {
  const { epoch, epochs, loss, learningRate, gradientNorm, tokensPerSecond } = progress ?? {}
  const known = { epoch, epochs, loss, learningRate, gradientNorm, tokensPerSecond }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
}

/** Ids sort by time, and make good names of folders. */
const newId = (): string => `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`)

const codeOf = (error: unknown): string =>
  (error as { code?: string } | undefined)?.code ?? 'INTERNAL'

const tooManyStarts = (): LogbertError =>
  new LogbertError(
    'LIMIT',
    `the server ended ${MOST_STARTS} times while this job was at work and had not finished an ` +
      'epoch (out of memory?); try fewer lines or a smaller network',
  )
