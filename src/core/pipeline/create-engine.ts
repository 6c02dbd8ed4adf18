import type { Executor } from '../exec/executor.ts'
import type { BackendChoice, Engine } from './engine.ts'
import { learn } from './learn.ts'
import { createLoader } from './loaded.ts'
import { openModel } from './open.ts'
import { openSorter } from './sorter.ts'
import { openStream } from './stream.ts'

/** What a runtime brings to training and scoring. */
export interface EngineDeps {
  /** Opens the backend on which networks run; asked for once a backend. */
  executor(backend: BackendChoice): Promise<Executor>
}

/** The engine that commands, server and browser share. */
export const createEngine = (deps: EngineDeps): Engine => {
  const executors = new Map<BackendChoice, Promise<Executor>>()
  const executor = (backend: BackendChoice): Promise<Executor> => {
    let opening = executors.get(backend)
    if (opening === undefined) {
      opening = deps.executor(backend)
      executors.set(backend, opening)
      opening.catch(() => executors.delete(backend))
    }
    return opening
  }
  const load = createLoader({ executor })
  return {
    learn: (input, options, tell) => learn(input, options, { executor }, tell),
    open: (bundle, options = {}) => openModel(bundle, options, load),
    stream: (bundle, options) => openStream(bundle, options, load),
    sorter: openSorter,
  }
}
