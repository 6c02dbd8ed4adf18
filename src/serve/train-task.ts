import type { TrainRequest } from '../api/deps.ts'
import { learnInput } from '../cli/learn-input.ts'
import { LogbertError } from '../core/errors.ts'
import { createLineStats } from '../core/input/line-splitter.ts'
import type { BackendChoice, Engine, ParseOptions } from '../core/pipeline/engine.ts'
import { publishBundle, resolveVersion } from '../core/store/bundle.ts'
import { folderStore } from '../platform/files.ts'
import type { TrainMessage } from './train-jobs.ts'

/** A training request with what the server knows beside it. */
export interface TrainTask extends TrainRequest {
  models: string
  backend: BackendChoice
  parse: ParseOptions
}

const GAP_MS = 250

/** Trains in this thread (a worker's) and posts progress, then the version or the fault. */
export const runTrainTask = async (
  task: TrainTask,
  engine: Engine,
  post: (message: TrainMessage) => void,
): Promise<void> => {
  try {
    const store = folderStore(task.models)
    const parent = await resolveVersion(store, task.name).catch(() => undefined)
    const { path, format, models: _, window, ...options } = task
    const stats = createLineStats()
    const input = await learnInput([path], format, { stats })
    const draft = await engine.learn(
      input,
      {
        ...options,
        ...(window !== undefined && { window: { by: 'count', size: window } }),
        ...(parent !== undefined && { parent }),
      },
      throttle(progress => post({ type: 'progress', ...progress })),
    )
    const { name, version } = await publishBundle(store, draft)
    post({ type: 'done', name, version })
  } catch (error) {
    const code = error instanceof LogbertError ? error.code : 'INTERNAL'
    post({ type: 'error', code, message: error instanceof Error ? error.message : `${error}` })
  }
}

/** Lets every new phase and epoch through, and of the rest a few a second. */
const throttle = <P extends { phase: string }>(tell: (progress: P) => void) => {
  let last = Number.NEGATIVE_INFINITY
  let mark: unknown
  return (progress: P & { epoch?: unknown }): void => {
    const now = performance.now()
    const fresh = `${progress.phase} ${progress.epoch}`
    if (fresh === mark && now - last < GAP_MS) return
    mark = fresh
    last = now
    tell(progress)
  }
}
