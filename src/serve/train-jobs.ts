import { randomBytes } from 'node:crypto'
import type { TrainJob, TrainService } from '../api/train-service.ts'
import { LogbertError } from '../core/errors.ts'
import type { Registry } from '../core/store/registry.ts'
import type { Database, Job, Page } from '../db/database.ts'
import type { ModelPlace } from './model-store.ts'
import type { BusPlace } from './train-bus.ts'
import { createTrainFolders } from './train-folders.ts'
import type { TrainMetrics } from './train-metrics.ts'
import { type SpawnTraining, spawnTraining } from './train-process.ts'
import { keepRequest, type TrainDefaults } from './train-request.ts'
import { startRun, type TrainRun } from './train-run.ts'
import { taskOf } from './train-task-of.ts'

export interface TrainJobsDeps extends ModelPlace {
  db: Pick<Database, 'jobs' | 'feedback'>
  registry: Registry
  /** Folder of the files that requests may name, and of uploads and jobs. */
  data: string
  /** Where lines are kept; `bus.db` in the data folder when absent. */
  bus?: BusPlace
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

/**
 * Training jobs, each in a process of its own, so that requests never wait for one. They are kept in
 * the database: what waits stays queued over restarts, what runs goes on from its last epoch.
 */
export const createTrainJobs = async (deps: TrainJobsDeps): Promise<TrainJobs> => {
  const { db, limits } = deps
  const folders = createTrainFolders(deps.data, limits.uploadBytes)
  const running = new Map<string, TrainRun>()
  const waiting: TrainJob[] = []
  /** Jobs whose upload is on its way. */
  let coming = 0
  let stopped = false

  const noteFault = (doing: string) => (error: unknown) =>
    deps.note(`${doing} failed: ${error instanceof Error ? error.message : error}`)
  /** A job goes on, whether or not it can be written down or told of. */
  const keep = (job: TrainJob): void => {
    try {
      db.jobs.put(job)
    } catch (error) {
      noteFault(`keeping the training job ${job.id}`)(error)
    }
  }
  const tell: TrainJobsDeps['tell'] = (job, what) => {
    try {
      deps.tell(job, what)
    } catch (error) {
      noteFault(`telling of the training job ${job.id}`)(error)
    }
  }
  const clear = (id: string): Promise<void> =>
    folders.remove(id).catch(noteFault(`clearing up after the training job ${id}`))
  const begin = (job: TrainJob): TrainRun =>
    startRun(job, {
      ...{ registry: deps.registry, metrics: deps.metrics, spawn: deps.spawn ?? spawnTraining },
      ...{ keep, tell, promoted: deps.promoted },
      task: each => taskOf(each, { ...deps, folders, served: deps.defaults.name }),
    })
  const runNext = (): void => {
    while (!stopped && running.size < (limits.running ?? 1)) {
      const job = waiting.shift()
      if (job === undefined) return
      const run = begin(job)
      running.set(job.id, run)
      void run.over.then(async () => {
        if (job.ended !== undefined) await clear(job.id)
        running.delete(job.id)
        runNext()
      })
    }
  }
  const checkRoom = (): void => {
    if (stopped) {
      throw new LogbertError('CANCELLED', 'starting the training failed: the server is ending')
    }
    if (waiting.length + coming < limits.waiting) return
    throw new LogbertError(
      'LIMIT',
      `starting the training failed: ${waiting.length + coming} jobs wait already ` +
        '(train.maxWaiting); cancel one or try later',
    )
  }
  /** What runs is known here better than in the database, where not every step is worth a write. */
  const latest = (job: Job): TrainJob => ({ ...((running.get(job.id)?.job ?? job) as TrainJob) })
  const get = (id: string): TrainJob | undefined => {
    const job = db.jobs.get(id)
    return job && latest(job)
  }

  const unfinished = db.jobs.unfinished().map(job => job as TrainJob)
  await folders.sweep(new Set(unfinished.map(({ id }) => id)))
  const wasRunning = (job: Job): number => (job.state === 'running' ? 0 : 1)
  waiting.push(...unfinished.sort((a, b) => wasRunning(a) - wasRunning(b)))
  runNext()

  return {
    async start(request) {
      checkRoom()
      const id = newId()
      const created = Date.now()
      coming++
      try {
        const kept = await keepRequest(request, { ...deps, id, folders, now: created })
        const job: TrainJob = { id, state: 'waiting', request: kept, created }
        db.jobs.put(job)
        waiting.push(job)
        tell(job, 'state')
      } catch (error) {
        await clear(id)
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
      return { items: items.map(latest), next }
    },
    async cancel(id) {
      const at = waiting.findIndex(job => job.id === id)
      if (at >= 0) {
        const [job] = waiting.splice(at, 1) as [TrainJob]
        Object.assign(job, { state: 'cancelled', ended: Date.now() })
        deps.metrics.trainingRuns.inc({ state: 'cancelled' })
        keep(job)
        tell(job, 'state')
        await clear(id)
      } else await running.get(id)?.cancel()
      return get(id)
    },
    async stop() {
      stopped = true
      await Promise.all([...running.values()].map(run => run.stop()))
    },
  }
}

/** Ids sort by time, and make good names of folders. */
const newId = (): string => `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`
