import type { TrainJob, TrainJobProgress, TrainJobResult } from '../api/train-service.ts'
import { LogbertError } from '../core/errors.ts'
import type { LearnProgress } from '../core/pipeline/engine.ts'
import type { Registry } from '../core/store/registry.ts'
import { countEnd, countProgress, type TrainMetrics } from './train-metrics.ts'
import type { SpawnTraining, TrainProcess } from './train-process.ts'
import { promoteByRules } from './train-promotion.ts'
import type { TrainTask } from './train-task.ts'

export interface TrainRunDeps {
  registry: Registry
  metrics: TrainMetrics
  spawn: SpawnTraining
  /** What its process is told. */
  task(job: TrainJob): Promise<TrainTask>
  /** Writes it to the database. */
  keep(job: TrainJob): void
  tell(job: TrainJob, what: 'state' | 'progress'): void
  /** A model became `latest`; resolves when it is served where it is to be served. */
  promoted(name: string, version: string): Promise<void>
}

/** A job at work. */
export interface TrainRun {
  readonly job: TrainJob
  /** Resolves when the job has ended or was stopped; never rejects. */
  readonly over: Promise<void>
  /** Ends it, unless its model is published already. */
  cancel(): Promise<void>
  /** Lets it go on after a restart; one whose model is published comes to its end. */
  stop(): Promise<void>
}

/** Progress is written to the database this often, ms, and at the end of each epoch. */
const KEEP_MS = 2000
/** Ends of the server that a job may bring about before it is given up. */
const MOST_STARTS = 5

/** Begins a job, or goes on with one that ran before. */
export const startRun = (job: TrainJob, deps: TrainRunDeps): TrainRun => {
  const gone = Promise.withResolvers<never>()
  let asked: 'cancelled' | 'stopped' | undefined
  let training: TrainProcess | undefined
  let kept = performance.now()

  const change = (): void => {
    deps.keep(job)
    deps.tell(job, 'state')
  }
  const advance = (progress: LearnProgress): void => {
    countProgress(deps.metrics, progress)
    // An epoch that is over is kept: what comes next begins from there.
    const epochOver = progress.stage === 'validate'
    job.progress = { ...reached(job), ...progress, starts: epochOver ? 1 : startsOf(job) }
    if (epochOver || performance.now() - kept > KEEP_MS) {
      kept = performance.now()
      deps.keep(job)
    }
    deps.tell(job, 'progress')
  }
  const train = async (): Promise<TrainJobResult> => {
    if (startsOf(job) > MOST_STARTS) throw tooManyStarts()
    const task = await deps.task(job)
    if (asked !== undefined) return gone.promise
    const { promise, resolve, reject } = Promise.withResolvers<TrainJobResult>()
    training = deps.spawn(task, message => {
      if (message.type === 'published') resolve(message.result)
      else if (message.type === 'error') reject(coded(message.code, message.message))
      else if (asked === undefined) advance(message)
    })
    return Promise.race([promise, gone.promise])
  }
  const promote = async (result: TrainJobResult): Promise<void> => {
    job.result = { ...result, ...(await promoteByRules(deps.registry, job.request, result)) }
    const { name, version, promoted } = job.result
    if (!promoted) return
    await deps.promoted(name, version).catch(error => {
      const what = `the model was published as ${name}@${version}, serving it failed`
      throw coded('NOT_SERVED', `${what}: ${messageOf(error)}`)
    })
  }
  const end = (state: TrainJob['state'], error?: unknown): void => {
    const why =
      error === undefined ? {} : { error: { code: codeOf(error), message: messageOf(error) } }
    Object.assign(job, { state, ended: Date.now(), ...why })
    countEnd(deps.metrics, job)
    change()
  }
  const work = async (): Promise<void> => {
    job.state = 'running'
    job.started ??= Date.now()
    job.progress = { ...reached(job), phase: 'starting', starts: startsOf(job) + 1 }
    change()
    if (job.result === undefined) {
      job.result = await train()
      change()
    }
    await promote(job.result)
  }
  const leave = async (how: typeof asked): Promise<void> => {
    if (job.result === undefined && asked === undefined) {
      asked = how
      await training?.stop()
      gone.reject(undefined)
    }
    await over
  }
  gone.promise.catch(() => undefined)
  const over = work().then(
    () => end('done'),
    error => {
      if (asked === undefined) return end('failed', error)
      if (asked === 'cancelled') return end('cancelled')
      // The server ended in order: that is none of the job's doing.
      job.progress = { phase: 'starting', ...job.progress, starts: startsOf(job) - 1 }
      deps.keep(job)
    },
  )
  return { job, over, cancel: () => leave('cancelled'), stop: () => leave('stopped') }
}

const startsOf = ({ progress }: TrainJob): number => progress?.starts ?? 0

/** What training reached stays to be seen while and after the model is evaluated. */
const reached = ({ progress }: TrainJob): Partial<TrainJobProgress> => {
  const { epoch, epochs, loss, learningRate, gradientNorm, tokensPerSecond } = progress ?? {}
  const known = { epoch, epochs, loss, learningRate, gradientNorm, tokensPerSecond }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`)

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code })

const codeOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : 'INTERNAL'
}

const tooManyStarts = (): LogbertError =>
  new LogbertError(
    'LIMIT',
    `the server ended ${MOST_STARTS} times while this job was at work and had not finished an ` +
      'epoch (out of memory?); try fewer lines or a smaller network',
  )
