import type { Executor } from '../exec/executor.ts'
import type { BackendChoice, Engine } from './engine.ts'
import { learn } from './learn.ts'
import { openModel } from './open.ts'

/** What a runtime brings to training and scoring. */
export interface EngineDeps {
  /** Opens the backend on which the network runs; called once a training or opening. */
  executor(backend: BackendChoice): Promise<Executor>
}

/** The engine that commands, server and browser share. */
export const createEngine = (deps: EngineDeps): Engine => ({
  learn: (input, options, tell) => learn(input, options, deps, tell),
  open: (bundle, options = {}) => openModel(bundle, options, deps),
})
